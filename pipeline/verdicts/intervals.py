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
multiples of it, at the worse end, that of the long tail, for n = 10, 20, 40 seeds at error .025
and .0025 (tests/verdicts/test_coverage.py simulates it; -: not simulated):

    population            scale     .025: 10    20    40  .0025: 10    20    40
    normal                linear          1.0   1.0   1.0        1.0   1.0   1.0
    normal                bootstrap       0.8   1.1   1.0        0.3     -     -
    normal                median          0.5   0.9   0.9        0.5   0.6   0.4
    exponential           linear          3.8   3.0   2.4       13.2   9.4   7.0
    exponential           bootstrap       1.9   1.3   1.2        5.0     -     -
    exponential           log             2.2   1.9   1.7        4.1   4.4   2.9
    log-normal, σ = 1     linear          6.4   5.3   4.2       28.8  22.6  16.6
    log-normal, σ = 1     bootstrap       4.0   2.5   2.3       10.6     -     -
    log-normal, σ = 1     log             1.0   1.0   1.0        1.0   1.0   1.0
    log-normal, σ = 1     median          0.4   0.9   0.8        0.3   0.6   0.5
    Beta(8, 2)            linear          2.1   1.8   1.5        4.5   3.1   2.7
    Beta(8, 2)            bootstrap       1.5   1.4   0.9        2.2     -     -
    Beta(8, 2)            logit           1.5   1.4   1.4        2.1   2.0   1.9
    Beta(30, 1)           linear          3.7   2.8   2.2       12.2   8.9   6.1
    Beta(30, 1)           bootstrap       2.1   2.1   1.0        4.0     -     -
    Beta(30, 1)           logit           2.1   1.9   1.6        3.9   3.4   2.9
    Beta(8, 0.3)          linear          6.7   4.8   3.4       36.8  23.2  13.7
    Beta(8, 0.3)          bootstrap       2.0   1.9   1.2        4.2     -     -
    three in ten are 0    linear          1.9   1.8   1.6        3.6   3.2   3.0
    three in ten are 0    bootstrap       0.8   1.1   1.6        0.3     -     -
    one in ten collapses  linear         13.8   4.9   3.3      140.4  48.8  20.0
    one in ten collapses  bootstrap      14.0   4.9   0.6      139.0     -     -
    one in ten collapses  median          0.4   0.8   0.8        0.4   0.5   0.5

So: log and logit where the metric has a range, and the rule then speaks of the geometric mean or
the typical share; bootstrap where the mean itself is meant and is skewed, at no smaller an error
than the family asks for; median, or the share of seeds above a number (binomial.py), where some
trainings collapse and most do not: if one in ten does, ten seeds see none with a chance of .35,
and no interval of the *mean* can know. Only the exact ones, median and binomial, promise what
they say for every population.

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
