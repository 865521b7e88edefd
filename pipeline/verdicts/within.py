"""An interval of a mean that stays where the mean can lie.

    x in [a, b]    g(x) = log (x - a) / (b - x)
    x >= a         g(x) = log (x - a)
    x <= b         g(x) = -log (b - x)
    otherwise      g(x) = x

    g^-1( g(m) -+ g'(m) h ),    m the mean, h half the width of the plain interval

A share is not above 1, nor a divergence below 0, and no interval of one should say so. On the
scale of g the mean has the deviation g'(m) s to first order (the delta method), so that the
interval is one of the mean still; for small h it is the plain one. A mean at an end of the range
is one of equal values, whose plain interval is that point.

Casella & Berger, "Statistical Inference", 2nd edition (2002), theorem 5.5.24.
"""

import math
from typing import NamedTuple


class Range(NamedTuple):
    """Where a metric's values can lie; None where there is no such end."""

    least: float | None = None
    most: float | None = None


ANYWHERE = Range()


def ends(mean: float, half: float, where: Range = ANYWHERE) -> tuple[float, float]:
    """The ends of the interval.

    mean: m. half: h, 0 or more. where: a and b; a mean that the error of an estimate has put
        outside has the plain interval, as has one that nothing varies.
    """
    least, most = where
    below = math.inf if least is None else mean - least
    above = math.inf if most is None else most - mean
    slope = 1 / below + 1 / above if min(below, above) > 0 else 0.0
    if half == 0 or slope == 0:
        return mean - half, mean + half
    shrunk, grown = math.exp(-half * slope), math.exp(min(half * slope, 700.0))
    if least is None or most is None:
        near, far = min(below, above) * (1 - shrunk), min(below, above) * (grown - 1)
        return (mean - far, mean + near) if least is None else (mean - near, mean + far)
    # The odds below / above are multiplied by e^-+(g' h).
    low = least + (most - least) * below * shrunk / (below * shrunk + above)
    high = least + (most - least) * below / (above * shrunk + below)
    return low, high
