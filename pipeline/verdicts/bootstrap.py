"""The interval of the mean of a skewed population: Student's, with its t drawn from the sample.

    m - t*(1 - error) s / sqrt n,    m - t*(error) s / sqrt n,    t* = (m* - m) sqrt n / s*

m* and s* are the mean and the deviation of n values drawn with replacement from the n that there
are. Two runs are drawn apart, with Welch's standard error in place of s / sqrt n. An end is the
farther of this one and Student's: the draws are of n values, and their tails too short. The
values are sorted first, so that the ends depend on them and not on the order of the seeds.

Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979); the studentised form: Hall,
"Theoretical comparison of bootstrap confidence intervals" (1988), section 2. BCa (Efron, 1987)
was tried and passed over: at n = 10 even of a normal population it errs 2.3 times as often as it
says at error .025, 10 times at .0025.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.verdicts import Interval, student

SMALLEST = 40  # draws that lie beyond an end, however small the error: its own error is 16 %
FEWEST = 4_000
Columns = Sequence[NDArray[np.float64]]


def interval(values: Sequence[float], error: float) -> Interval:
    """The mean and the two ends of its interval; infinite where t* is, too often.

    values: one number per seed, at least two, not all equal, shape (n,).
    error: the chance that the true mean lies above the interval, and as much below.
    """
    return _widened([np.sort(values)], [1.0], error)


def difference(values: Sequence[float], others: Sequence[float], error: float) -> Interval:
    """The difference of two means and the two ends of its interval.

    values, others: one number per seed of each, shapes (n,) and (m,), not all equal in both.
    error: the chance that the true difference lies above the interval, and as much below.
    """
    return _widened([np.sort(values), np.sort(others)], [1.0, -1.0], error)


def _widened(columns: Columns, weights: Sequence[float], error: float) -> Interval:
    plain = student.contrast(columns, weights, error)
    scale = float(_standard_error(columns, weights))
    low, high = _quantiles(columns, weights, error, plain.estimate)
    return Interval(
        plain.estimate,
        min(plain.low, plain.estimate - high * scale),
        max(plain.high, plain.estimate - low * scale),
    )


def _quantiles(
    columns: Columns, weights: Sequence[float], error: float, estimate: float
) -> tuple[float, float]:
    """t*(error) and t*(1 - error): a function of the values alone, drawn from seed 0."""
    draws = max(FEWEST, int(np.ceil(SMALLEST / error)))
    rng = np.random.default_rng(0)
    drawn = [x[rng.integers(len(x), size=(draws, len(x)))] for x in columns]
    above = sum(c * x.mean(-1) for c, x in zip(weights, drawn, strict=True)) - estimate
    with np.errstate(divide="ignore", invalid="ignore"):
        t = above / _standard_error(drawn, weights)
    t = np.sort(np.where(np.isnan(t), 0.0, t))  # 0/0: a draw that is where it should be
    beyond = int(draws * error)
    return float(t[beyond]), float(t[-1 - beyond])


def _standard_error(columns: Columns, weights: Sequence[float]) -> NDArray[np.float64]:
    parts = (c**2 * x.var(-1, ddof=1) / x.shape[-1] for c, x in zip(weights, columns, strict=True))
    root: NDArray[np.float64] = np.sqrt(sum(parts))
    return root
