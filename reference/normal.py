"""The normal distribution function, in NumPy alone.

    Phi(x) = 1/2 + phi(x) sum_n x^(2n+1) / (1 3 5 ... (2n+1))          near 0
    Phi(-x) = phi(x) / (x + 1/(x + 2/(x + 3/(x + ...))))               in the tail

Abramowitz & Stegun (1964), equations 26.2.11 and 26.2.14: both have positive terms only, so
neither loses precision by cancellation.
"""

import numpy as np

from reference.arrays import broadcast, real, refuse
from reference.primitives import log1mexp

_EDGE = 1.0  # from here on the fraction converges in 300 terms
_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def _series(x):
    """Phi(x) - 1/2 = phi(x) (x + x^3/3 + x^5/15 + ...) for |x| up to the edge."""
    term = total = x
    for n in range(1, 25):
        term = term * x * x / (2 * n + 1)
        total = total + term
    return np.exp(-0.5 * x * x - _LOG_ROOT_2PI) * total


def _fraction(x):
    """x + 1/(x + 2/(x + ...)) for x from the edge on, from the inside out."""
    value = x
    for n in range(300, 0, -1):
        value = x + n / value
    return value


@np.errstate(all="ignore")
def log_ndtr(x):
    """log Phi(x), exact far into the left tail where Phi itself is 0.

    x: any shape, infinite values allowed.
    Returns its shape.

    >>> f"{log_ndtr(-40.0):.6f}"
    '-804.608442'
    """
    x = real("x", x, infinite=True)
    tail = np.maximum(np.abs(x), _EDGE)
    log_tail = -0.5 * tail * tail - _LOG_ROOT_2PI - np.log(_fraction(tail))
    log_tail = np.where(np.isinf(tail), -np.inf, log_tail)
    near = np.log(0.5 + _series(np.clip(x, -_EDGE, _EDGE)))
    far = np.where(x < 0, log_tail, np.log1p(-np.exp(log_tail)))
    return np.where(np.abs(x) < _EDGE, near, far)[()]


@np.errstate(all="ignore")
def ndtr(x):
    """Phi(x) = P(N(0, 1) <= x).

    >>> float(ndtr(0.0))
    0.5
    """
    return np.exp(log_ndtr(x))


@np.errstate(all="ignore")
def centre_mass(x):
    """Phi(x) - 1/2, exact also where x is tiny.

    x: any shape, infinite values allowed.
    Returns its shape, odd in x.

    >>> f"{centre_mass(1e-20):.6e}"
    '3.989423e-21'
    """
    x = real("x", x, infinite=True)
    far = np.sign(x) * (0.5 - np.exp(log_ndtr(-np.abs(x))))
    return np.where(np.abs(x) < _EDGE, _series(np.clip(x, -_EDGE, _EDGE)), far)[()]


@np.errstate(all="ignore")
def log_interval(low, high):
    """log( Phi(high) - Phi(low) ), computed in the tail in which the interval lies.

    low, high: ends, infinite ones allowed, low <= high, shapes that broadcast.
    Returns their shape; -inf for an empty interval.

    >>> bool(np.isclose(log_interval(-np.inf, 0.0), np.log(0.5)))
    True
    """
    low, high = broadcast(low=real("low", low, True), high=real("high", high, True))
    refuse("low", low, low > high, "at most high")
    return _log_mass(low, high, np.where(low == high, 0.0, high - low))


@np.errstate(all="ignore")
def _log_mass(low, high, width):
    """The same with the width given: from far away both ends round to one number.

    low, high, width: arrays of one shape, width = high - low.
    Returns their shape.

    >>> float(_log_mass(1e17, 1e17, 1.0))
    -5e+33
    """
    right = high > -low  # reflected: Phi(b) - Phi(a) = Phi(-a) - Phi(-b)
    a, b = np.where(right, -high, low), np.where(right, -low, high)
    outer, inner = log_ndtr(a), log_ndtr(b)
    gap = np.where(a == b, -np.inf, outer - np.where(np.isfinite(inner), inner, 0.0))
    # If the distribution function rounds to the same value at both ends: width times density,
    # or, far out, where log Phi falls by |b| per unit, the mass beyond b times a share.
    thin = np.log(width) - 0.5 * (0.5 * (a + b)) ** 2 - _LOG_ROOT_2PI
    beyond = (b < -1e5) & np.isfinite(a)
    far = inner + log1mexp(np.where(beyond, -width * (0.5 * width - b), 0.0))
    whole = inner + log1mexp(np.minimum(np.where(a == b, 0.0, gap), 0.0))
    narrow = width * np.maximum(1.0, np.abs(0.5 * (a + b))) < 1e-5
    found = np.where(narrow, thin, np.where(beyond, far, whole))
    return np.where(width == 0, -np.inf, np.where(inner == -np.inf, -np.inf, found))[()]
