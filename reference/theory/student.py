"""Student's distribution, by integrals of powers of the sine.

    P(T > t) = 1/2 S(phi) / S(pi / 2),    tan phi = sqrt(v) / t,
    S(phi) = integral over 0 ... phi of sin^(v - 1)

Student, "The probable error of a mean" (1908). Tails are compared by their logarithms: the
probability itself has few digits where it is denormal.
"""

import numpy as np

from reference.arrays import inside, number, refuse
from reference.primitives import LOG_2, logsumexp
from reference.quadrature import gauss_legendre

HALVINGS = 200


def _log_sines(phi, v):
    """log of the integral of sin^(v - 1) over 0 ... phi, for phi up to pi / 2."""
    if phi * np.sqrt(v) < 1e-8:  # sin x = x, in all digits
        return v * np.log(phi) - np.log(v)
    near = phi * 4.0 ** -np.arange(1.0, 40.0)  # sin^(v - 1) has no Taylor series at 0
    wide = np.pi / 2 - np.arange(1.0, 40.0) / np.sqrt(v)  # and changes this fast at pi / 2
    breaks = np.unique([0.0, phi, *near, *wide[(wide > 0) & (wide < phi)]])
    x, w = gauss_legendre(breaks, 16)
    return logsumexp((v - 1) * np.log(np.sin(x)) + np.log(w))


@np.errstate(all="ignore")
def _log_tail(t, v):
    """log P(T > t)."""
    return _log_sines(np.arctan2(np.sqrt(v), t), v) - _log_sines(np.pi / 2, v) - LOG_2


def _freedom(v):
    v = number("freedom", v)
    refuse("freedom", v, (v < 1) | (v > 1e12), "in [1, 1e12]")
    return v


def student_tail(t, freedom):
    """P(T > t) of Student's distribution, for t at least 0.

    t: one number. freedom: v, at least 1.
    Returns one number, in (0, 1/2].

    >>> round(float(student_tail(1.0, 1.0)), 12)
    0.25
    """
    t, v = number("t", t), _freedom(freedom)
    refuse("t", t, t < 0, "at least 0")
    with np.errstate(all="ignore"):
        return np.exp(_log_tail(t, v))


def student_quantile(error, freedom):
    """The t that T exceeds with probability `error`, at most 1/2, by bisection.

    >>> round(float(student_quantile(0.25, 1.0)), 9)
    1.0
    """
    error, v = inside("error", number("error", error), 0, 1), _freedom(freedom)
    refuse("error", error, error > 0.5, "at most 1/2")
    low, high = 0.0, 1.0
    while np.isfinite(high) and _log_tail(high, v) > np.log(error):
        low, high = high, 2 * high
    refuse("error", error, np.isinf(high), "such that t is a number")
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        above = _log_tail(middle, v) > np.log(error)
        low, high = (middle, high) if above else (low, middle)
    return np.float64(high)
