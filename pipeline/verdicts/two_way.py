"""An interval for new seeds *and* new test images: two-way random effects, seeds x examples.

    y_re = m + seed_r + example_e + rest_re,    r = 1 ... R,  e = 1 ... E
    Var(mean) = s_seed^2 / R + s_example^2 / E + s_rest^2 / (R E)
              = (MS_seed + MS_example - MS_rest) / (R E)    without bias

All replicas are judged by the same examples, so that what is hard about them does not average out
over seeds: an interval over seeds alone is right for these 360 images, and too narrow for images.
The degrees of freedom are Satterthwaite's, V^2 / sum of (MS / R E)^2 / df. The estimate may fall
short of either of its parts, by chance; it is then the larger part, which never overstates.

A run against another on the same examples: the examples' part is of the differences e by e, for
what is hard for both cancels; the seeds' part is Welch's.

Where only the accuracy of each seed is known, the most that the examples can add is used: right
or wrong, y has variance p (1 - p), so s_example^2 <= p (1 - p) - s_seed^2.

Cornfield and Tukey, "Average values of mean squares in factorials" (1956), for the expected mean
squares; Satterthwaite (1946), equation 17; Clark, "The language-as-fixed-effect fallacy" (1973),
for what it is to leave the examples out. Shares are told on the scale logit, to first order (the
delta method), so that no interval leaves (0, 1).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.verdicts import Interval, scales

Array = NDArray[np.float64]


def interval(right: Array, error: float) -> Interval:
    """The mean over seeds and test examples, a share, with the ends of its interval.

    right: y, 1 where a replica is right about an example and 0 where not, or a share, (R, E);
        R and E at least 2.
    error: the chance that the truth, over all seeds and images, lies above, and as much below.
    """
    mean, variance, freedom = _two_way([right], [1.0])
    if variance == 0:  # right about all: what the examples can hide at most
        return share_interval(right.mean(1).tolist(), right.shape[1], error)
    return _by_log_odds(mean, variance, freedom, right.shape[1], error)


def difference(right: Array, others: Array, error: float) -> Interval:
    """The mean of the first run minus that of the other, over seeds and test examples.

    right, others: y of each on the same examples in the same order, (R, E) and (S, E).
    error: as above.
    """
    mean, variance, freedom = _two_way([right, others], [1.0, -1.0])
    half = stats.t.ppf(1 - error, freedom) * math.sqrt(variance)
    return Interval(mean, float(mean - half), float(mean + half))


def share_interval(shares: Sequence[float], examples: int, error: float) -> Interval:
    """The same where only each seed's share is known: at least as wide as it should be.

    shares: p of each seed, at least two, shape (R,). examples: E. error: as above.
    """
    p = np.asarray(shares)
    mean = float(p.mean())
    inside = (examples * mean + 0.5) / (examples + 1)  # of none wrong, half an example is
    parts = [(float(p.var(ddof=1)) / len(p), len(p) - 1)]
    parts += [(inside * (1 - inside) / examples, examples - 1)]
    variance = sum(part for part, _ in parts)
    return _by_log_odds(mean, variance, _satterthwaite(variance, parts), examples, error)


def _two_way(runs: Sequence[Array], weights: Sequence[float]) -> tuple[float, float, float]:
    """The contrast of the runs' means, its variance and its degrees of freedom."""
    examples = runs[0].shape[1]
    by_example = sum(c * y.mean(0) for c, y in zip(weights, runs, strict=True))
    seeds = [(float(y.mean(1).var(ddof=1)) / len(y), len(y) - 1) for y in runs]
    images = [(float(np.var(by_example, ddof=1)) / examples, examples - 1)]
    rest = []
    for y in runs:
        residual = y - y.mean(0) - y.mean(1, keepdims=True) + y.mean()
        freedom = (len(y) - 1) * (examples - 1)
        rest.append((float((residual**2).sum()) / freedom / y.size, freedom))
    variance = sum(v for v, _ in seeds) + images[0][0] - sum(v for v, _ in rest)
    parts = [*seeds, *images, *rest]
    for part in (seeds, images):
        if (least := sum(v for v, _ in part)) > variance:
            variance, parts = least, part
    return float(np.mean(by_example)), variance, _satterthwaite(variance, parts)


def _satterthwaite(variance: float, parts: Sequence[tuple[float, int]]) -> float:
    below = sum(part**2 / freedom for part, freedom in parts)
    return variance**2 / below if below else 1.0


def _by_log_odds(
    mean: float, variance: float, freedom: float, examples: int, error: float
) -> Interval:
    inside = (examples * mean + 0.5) / (examples + 1)
    half = stats.t.ppf(1 - error, freedom) * math.sqrt(variance) / (inside * (1 - inside))
    odds = math.log(inside / (1 - inside))
    return Interval(mean, *(scales.back(float(odds + s * half), "logit") for s in (-1, 1)))
