"""The interval of a mean over seeds, and the samples that have none.

    m -+ t_{n-1}(1 - error) s / sqrt n

Student, "The probable error of a mean" (1908). Its level is 1 - 2 error.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from pipeline.verdicts import Verdict


def interval(values: Sequence[float], error: float) -> tuple[float, float, float]:
    """The mean and the two ends of its interval.

    values: one number per seed, at least two, not all equal.
    error: the chance that the true mean lies above the interval, and as much below.
    """
    half = stats.t.ppf(1 - error, len(values) - 1) * stats.sem(values)
    mean = float(np.mean(values))
    return mean, float(mean - half), float(mean + half)


def without_interval(values: Sequence[float]) -> Verdict | None:
    """The verdict on values that no interval can be made from; None for all others.

    A replica that is not finite counts against the claim, it is not left out: a training that
    ends so with any positive chance has no finite mean to make a claim about.
    """
    n = len(values)
    lost = sum(not math.isfinite(v) for v in values)
    if lost:
        because = f"{lost} of {n} replicas are not finite, so neither is the mean over seeds."
        return Verdict("fails", because, n=n)
    if n < 2:
        found = f"{n} seed{'s' * (n != 1)}"
        return Verdict("undecided", f"An interval needs two seeds; there is {found}.", n=n)
    if max(values) == min(values):
        because = f"All {n} replicas give {values[0]:.4g}: what does not vary has no interval."
        return Verdict("undecided", because, float(values[0]), n=n)
    return None
