"""The truncated standard normal distribution, by the inverse of its distribution function.

    Phi(T) = Phi(-b) + Phi(z) (Phi(b) - Phi(-b))

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3.1.
"""

import numpy as np

from reference.arrays import number, real, refuse
from reference.normal import centre_mass, ndtr

HALVINGS = 1200


@np.errstate(all="ignore")
def truncated(z, bound):
    """T(z): the quantile of the truncated distribution at the level Phi(z).

    Found by bisection on [0, min(b, |z|)], as T(-z) = -T(z) and |T(z)| <= |z|.

    z: any shape. bound: b, above 0, may be infinite.
    Returns the shape of z.

    >>> f"{truncated(1.0, 0.5):.4f}"
    '0.3337'
    """
    z, b = real("z", z), number("bound", bound, infinite=True)
    refuse("bound", b, b <= 0, "above 0")
    # Phi(T) - 1/2 = 2 (Phi(z) - 1/2) (Phi(b) - 1/2) near 0, and 1 - Phi(T) in the tail.
    inner = 2 * centre_mass(np.abs(z)) * centre_mass(b)
    outer = ndtr(-b) + ndtr(-np.abs(z)) * 2 * centre_mass(b)
    low, high = np.zeros_like(z), np.minimum(b, np.abs(z))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if ((middle == low) | (middle == high)).all():
            break
        beyond = np.where(inner < 0.3, centre_mass(middle) > inner, ndtr(-middle) < outer)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return (np.sign(z) * (low + high) / 2)[()]
