"""The interval of a mean over seeds, of a difference of two, and of a contrast of several.

    one run      m -+ t_{n-1}(1 - error) s / sqrt n                         (Student)
    contrast     L -+ t_v(1 - error) sqrt V,    L = sum_i c_i m_i,  V = sum_i c_i^2 s_i^2 / n_i,
                 v = V^2 / sum_i (c_i^2 s_i^2 / n_i)^2 / (n_i - 1)      (Welch, Satterthwaite)

The difference of two runs is the contrast (1, -1). Runs are independent: replicas of one seed in
two runs share a number, not an accident (their values correlate by .04 on the average of 64
pairs), so that to pair them by seed would only halve the degrees of freedom. The runs may have
different numbers of replicas and different variances.

Student, "The probable error of a mean" (1908); Welch, "The generalization of Student's problem
when several different population variances are involved" (1947), equation 28; Satterthwaite, "An
approximate distribution of estimates of variance components" (1946), equation 17. The level is
1 - 2 error, exactly for one normal sample. Of a skewed one the long tail's end is passed by the
truth more often than `error` says (pipeline/verdicts/intervals.py has the figures).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pipeline.verdicts import Interval


def interval(values: ArrayLike, error: float) -> Interval:
    """The mean and the two ends of its interval.

    values: one number per seed, at least two, shape (n,); all equal, they give a point.
    error: the chance that the true mean lies above the interval, and as much below.
    """
    return contrast([values], [1.0], error)


def difference(values: ArrayLike, others: ArrayLike, error: float) -> Interval:
    """The mean of the first run minus that of the other, with the ends of its interval.

    values, others: one number per seed of each, shapes (n,) and (m,).
    error: the chance that the true difference lies above the interval, and as much below.
    """
    return contrast([values, others], [1.0, -1.0], error)


def contrast(columns: Sequence[ArrayLike], weights: Sequence[float], error: float) -> Interval:
    """The weighted sum of the means of several runs, with the ends of its interval.

    columns: of each run, one number per seed, at least two.
    weights: c, of each run.
    error: the chance that the true sum lies above the interval, and as much below.
    """
    middle, half = ends([np.asarray(column, dtype=float) for column in columns], weights, error)
    return Interval(float(middle), float(middle - half), float(middle + half))


def ends(
    columns: Sequence[NDArray[np.float64]], weights: Sequence[float], error: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle and half the width of the interval of a contrast, of many studies at once.

    columns: of each run the numbers of its seeds along the last axis, shapes (..., n_i).
    weights: c, of each run. error: as above. Returns shapes (...).
    """
    middle = sum(c * x.mean(-1) for c, x in zip(weights, columns, strict=True))
    parts = [c**2 * x.var(-1, ddof=1) / x.shape[-1] for c, x in zip(weights, columns, strict=True)]
    variance = np.asarray(sum(parts))
    # By shares, whose squares do not underflow as those of small variances do; where nothing
    # varies the interval is a point, whatever its degrees of freedom.
    none = variance == 0
    shares = [part / (variance + none) for part in parts]
    freedom = 1 / (
        none + sum(share**2 / (x.shape[-1] - 1) for share, x in zip(shares, columns, strict=True))
    )
    return np.asarray(middle), stats.t.ppf(1 - error, freedom) * np.sqrt(variance)
