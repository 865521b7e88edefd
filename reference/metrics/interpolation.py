"""Paths between two latents, and how even and how straight a decoded path is.

    linear       z(t) = (1 - t) a + t b
    spherical    z(t) = [ sin((1 - t) w) a + sin(t w) b ] / sin w,    w the angle of a and b

Shoemake, "Animating rotation with quaternion curves" (1985), section 3.3, by White, "Sampling
Generative Networks" (2016), section 2.2.
"""

import numpy as np

from reference.arrays import dimensions, real, samples, within
from reference.distance import norm, unit
from reference.errors import DomainError, ShapeError


def _ends(a, b, t):
    a, b = dimensions("a", real("a", a), 1), dimensions("b", real("b", b), 1)
    if a.shape != b.shape:
        raise ShapeError(f"a {a.shape} and b {b.shape} differ in shape")
    return a, b, dimensions("t", within("t", t, 0, 1), 1)[:, None]


@np.errstate(all="ignore")
def linear(a, b, t):
    """z(t) = (1 - t) a + t b: points on the straight line from a to b.

    a, b: shape (m,). t: in [0, 1], shape (T,).
    Returns shape (T, m).

    >>> linear([0.0], [4.0], [0.0, 0.25]).tolist()
    [[0.0], [1.0]]
    """
    a, b, t = _ends(a, b, t)
    return (1 - t) * a + t * b


@np.errstate(all="ignore")
def spherical(a, b, t):
    """Points that rotate from a to b at a constant rate; the straight line if they are parallel.

    a, b: shape (m,), neither 0, not opposite. t: in [0, 1], shape (T,).
    Returns shape (T, m).

    >>> spherical([1.0, 0.0], [0.0, 1.0], [0.5]).round(6).tolist()
    [[0.707107, 0.707107]]
    """
    a, b, t = _ends(a, b, t)
    if not (a.any() and b.any()):
        raise DomainError("a and b must not be 0: they have no direction")
    u, v = unit(a), unit(b)
    apart, along = norm(u - v), norm(u + v)
    if along == 0:
        raise DomainError("a and b must not be opposite: no turn is the shortest")
    if apart < 1e-8:  # sin(t w) / sin w is t to all digits
        return (1 - t) * a + t * b
    w = 2 * np.arctan2(apart, along)  # Kahan: exact also near 0 and pi
    return np.sin((1 - t) * w) / np.sin(w) * a + np.sin(t * w) / np.sin(w) * b


@np.errstate(all="ignore")
def path_length(x):
    """Length of a path through points, sum |x_i+1 - x_i|.

    x: shape (n, d).
    Returns one number.

    >>> float(path_length([[0.0, 0.0], [3.0, 4.0]]))
    5.0
    """
    x = samples("x", x)
    return np.sum(norm(np.diff(x, axis=0)))


@np.errstate(all="ignore")
def detour(x):
    """The length of a path over the distance of its ends: 1 for a straight path.

    x: shape (n, d), the ends apart.
    Returns one number, at least 1.

    >>> float(detour([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    1.4
    """
    x = samples("x", x, 2)
    chord = norm(x[-1] - x[0])
    if chord == 0:
        raise DomainError("x must not end where it begins")
    return path_length(x) / chord


@np.errstate(all="ignore")
def max_step_ratio(x):
    """The longest step of a path over its mean step: 1 for equal steps, n - 1 for one jump.

    x: shape (n, d), n at least 2, not all points equal.
    Returns one number.

    >>> float(max_step_ratio([[0.0], [1.0], [4.0]]))
    1.5
    """
    x = samples("x", x, 2)
    steps = norm(np.diff(x, axis=0))
    if not steps.any():
        raise DomainError("x must move: all its points are equal")
    return steps.max() / steps.mean()
