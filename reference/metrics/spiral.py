"""The rate at which a game of two parameters approaches its equilibrium at 0.

    c = log( |u_T| / |u_0| ) / T,    u = (theta, psi)

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
section 2: near the equilibrium |u| is multiplied by the largest modulus of an eigenvalue.
"""

import numpy as np

from reference.arrays import count, number, real, refuse
from reference.errors import ShapeError


def radius_change(first, last, rounds):
    """c, from the difference of two logarithms.

    first, last: u before and after, shape (2,), not both coordinates 0. rounds: T.
    Returns one number.

    >>> float(radius_change([3.0, 4.0], [0.0, 5.0], 7))
    0.0
    """
    lengths = []
    for name, u in (("first", first), ("last", last)):
        u = real(name, u)
        if u.shape != (2,):
            raise ShapeError(f"{name} must be theta and psi: shape {u.shape}")
        refuse(name, u, (u == 0).all(), "away from the equilibrium")
        lengths.append(np.log(np.hypot(*u)))
    return (lengths[1] - lengths[0]) / count("rounds", rounds)


def predicted_change(jacobian, rate):
    """log of the largest modulus of a round's eigenvalues, from its trace and determinant.

    With J = ((a, b), (c, d)) a round of psi's step and then theta's has the determinant
    (1 + h a) (1 + h d) and the trace 2 + h (a + d) + h^2 b c.

    jacobian: J, shape (2, 2). rate: h.
    Returns one number.

    >>> float(predicted_change([[0.0, 1.0], [-1.0, 0.0]], 0.1))
    0.0
    """
    (a, b), (c, d) = real("jacobian", jacobian)
    h = number("rate", rate)
    half = (2 + h * (a + d) + h * h * b * c) / 2
    determinant = (1 + h * a) * (1 + h * d)
    inside = half * half - determinant
    if inside < 0:  # a conjugate pair, whose product is the determinant
        return np.log(determinant) / 2
    return np.log(np.abs(half) + np.sqrt(inside))
