"""A number of a run: its mean over seeds, or a share of them, and the interval beside it.

Student's interval of a mean (pipeline/verdicts/student.py), bent where it would leave the range
of the metric (within.py); Clopper and Pearson's of a share of seeds: "The use of confidence or
fiducial limits illustrated in the case of the binomial" (1934). Both at LEVEL, whatever else is
measured: these are printed, and decide nothing.
"""

from collections.abc import Sequence
from math import isfinite

from pipeline.verdicts import binomial, student, within

LEVEL = 0.95
Estimate = tuple[float | None, float | None, float | None]


def mean(values: Sequence[float], where: within.Range = within.ANYWHERE) -> Estimate:
    """The mean and the ends of its interval; None where they are not defined.

    A mean over the finite replicas alone would hide the others, so one that is not finite
    leaves no mean. One value has no interval.

    values: one per seed, shape (R,). where: they can lie.
    """
    if not values or not all(map(isfinite, values)):
        return None, None, None
    if len(values) == 1:
        return float(values[0]), None, None
    middle, _, high = student.interval(values, (1 - LEVEL) / 2)
    return middle, *within.ends(middle, high - middle, where)


def share(values: Sequence[float]) -> Estimate:
    """The share of the ones and the ends of its exact interval; None as for a mean.

    values: 0 or 1 per seed, shape (R,).
    """
    if not values or not all(map(isfinite, values)):
        return None, None, None
    return binomial.interval(round(sum(values)), len(values), (1 - LEVEL) / 2)
