"""The interval of a run over its seeds, and of a comparison of two, on the scale of a rule.

    linear     Student's interval of the mean; of the difference of two means Welch's
    log        the same of log x, told as e^.: the geometric mean; of two runs their ratio
    logit      the same of log x / (1 - x), told as 1 / (1 + e^-.): a typical share; of two
               runs their odds ratio
    bootstrap  the mean itself, of a population too skewed for Student (bootstrap.py)
    median     the median, whatever the population: between the k-th of the ordered values and
               the k-th from above, P(Binomial(n, 1/2) < k) <= error

log is for what is positive (a Fréchet distance, a KL), logit for shares in (0, 1): their
intervals cannot leave the range. Shares of s samples each, some of them all or none, have a
logit by half a sample more on each side (scales.py).

What is promised: each end is passed by the truth with a chance of `error`. What is so, in
multiples of it, at the end towards the long tail and n = 10, 20, 40 seeds, each at error .025 and
.0025 (tests/verdicts/test_coverage.py simulates it); the other end is passed less often:

TABLE

So: log and logit where the metric has a range, and the rule then speaks of the geometric mean or
the typical share; bootstrap where the mean itself is meant and is skewed; median, or the share of
seeds above a number (binomial.py), where some trainings collapse and most do not: if one in ten
does, ten seeds see none with a chance of .35, and no interval of the *mean* can know.

Thompson, "On confidence ranges for the median" (1936); the others: student.py, bootstrap.py.
"""

import math

from scipy import stats

from pipeline.verdicts import Interval, Values, Verdict, bootstrap, sample, scales, student
from pipeline.verdicts.scales import Scale

# What an interval is of, by scale: of one run, and of two.
MEAN: dict[str, str] = {
    "linear": "mean",
    "log": "geometric mean",
    "logit": "mean log-odds, told as a share,",
    "bootstrap": "mean",
    "median": "median",
}
DIFFERENCE: dict[str, str] = {
    "linear": "difference of the means",
    "log": "ratio of the geometric means",
    "logit": "odds ratio",
    "bootstrap": "difference of the means",
}


def of_mean(
    values: Values, error: float, scale: Scale, samples: int | None = None
) -> Interval | Verdict:
    """The interval of what the scale says of a run, or the verdict where there is none.

    values: x, one per seed, shape (R,).
    error: the chance that the truth lies above the interval, and as much below.
    scale: see above. samples: s, of logit: how many samples each share is a share of.
    """
    if (flaw := sample.without_interval(values)) is not None:
        return flaw
    numbers = sample.defined(values)
    if (flaw := scales.off_scale(numbers, scale, samples)) is not None:
        return flaw
    if scale == "median":
        return _median(numbers, error)
    if scale == "bootstrap":
        return _finite(bootstrap.interval(numbers, error), len(numbers))
    found = student.interval(scales.forward(numbers, scale, samples), error)
    return Interval(*(scales.back(end, scale) for end in found))


def of_difference(
    values: Values, others: Values, error: float, scale: Scale, samples: int | None = None
) -> Interval | Verdict:
    """The interval of what the scale says of two runs, or the verdict where there is none.

    values, others: x, one per seed of each run, shapes (R,) and (S,).
    error, scale, samples: as of one run; there is no median of a comparison.
    """
    if (flaw := sample.without_comparison(values, others)) is not None:
        return flaw
    numbers, less = sample.defined(values), sample.defined(others)
    if (flaw := scales.off_scale([*numbers, *less], scale, samples)) is not None:
        return flaw
    if scale == "bootstrap":
        return _finite(bootstrap.difference(numbers, less, error), len(numbers) + len(less))
    found = student.difference(
        scales.forward(numbers, scale, samples), scales.forward(less, scale, samples), error
    )
    return found if scale == "linear" else Interval(*map(scales.factor, found))


def _median(values: list[float], error: float) -> Interval | Verdict:
    n = len(values)
    # The largest k that P(X < k) <= error allows; 0 where even the extremes are passed too often.
    k = int(stats.binom.ppf(error, n, 0.5))
    k += stats.binom.cdf(k, n, 0.5) <= error
    if k == 0:
        needed = math.ceil(math.log2(1 / error))
        because = f"At this level the interval of a median needs {needed} seeds; there are {n}."
        return Verdict("undecided", because, n=n)
    ordered = sorted(values)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return Interval(middle, ordered[k - 1], ordered[n - k])


def _finite(found: Interval, n: int) -> Interval | Verdict:
    if all(map(math.isfinite, found)):
        return found
    because = (
        f"Of {n} replicas too many give one value: drawn again they often do not vary at all, "
        "and then the mean has no interval."
    )
    return Verdict("undecided", because, found.estimate, n=n)
