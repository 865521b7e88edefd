"""Where the mean of new seeds will lie: what a sound repetition of a run is held to.

    m -+ t_v(1 - error) s sqrt(1 / n + 1 / k),    of k new seeds, k = 1 for one seed's value

The interval of the mean says where the truth lies and shrinks with n; this one says where the
next k seeds do, and does not shrink below their own scatter. s is that of the run's n seeds, v =
n - 1; below 10 seeds, or where they do not vary, s is pooled over the runs of the experiment,

    s^2 = sum_i (n_i - 1) s_i^2 / sum_i (n_i - 1),    v = sum_i (n_i - 1),

without those whose s_i is another by Snedecor's F of two variances, at 10 %: a game that loses one
seed of three would otherwise lend its scatter to all. Of five runs of three seeds the interval
then holds the mean of three new ones in .98 of the cases where all scatter alike, and in .93
where one scatters ten times as far as the others (.78 were all pooled).

On the scales log and logit (pipeline/verdicts/scales.py) the interval is made of log x and told
as x, so that it stays in the range: for k = 1 it is of the value itself, for more of their
geometric mean or typical share. That of a mean on the plain scale is bent to stay in the range of
the metric, where it has one (within.py).

Of a property that a seed has or has not, with c of n, the counts y of k new seeds are those that
Fisher's exact test of (c, n) against (y, k) does not reject.

Student's form: Hahn, "Factors for calculating two-sided prediction intervals for samples from a
normal distribution" (1969), equation 3; the counts: Thatcher, "Relationships between Bayesian and
confidence limits for predictions" (1964). One metric of a hundred lies outside by chance.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from pipeline.verdicts import Values, sample, scales, within

LEVEL = 0.99
FEWEST = 10  # seeds whose own deviation is trusted
UNLIKE = 0.1  # the chance that two equal deviations are told apart


class Prediction(NamedTuple):
    """Where the mean of new seeds lies with a chance of `level`."""

    low: float
    high: float
    level: float
    seeds: int  # new ones
    pooled: bool  # whether the deviation is that of all runs of the experiment


class Spread(NamedTuple):
    """A standard deviation over seeds and its degrees of freedom."""

    sd: float
    freedom: int


def pooled(
    columns: Sequence[Values], scale: scales.Scale = "linear", samples: int | None = None
) -> Spread | None:
    """The deviation over seeds of several runs together; None where no run has two seeds.

    columns: of each run one number per seed, shapes (R_i,); a run with a value that is missing,
    or that the scale does not know, has no part.
    """
    runs = [x for c in columns if len(x := _seen(c, scale, samples) or []) > 1]
    freedom = sum(len(x) - 1 for x in runs)
    if not freedom:
        return None
    total = sum((len(x) - 1) * float(np.var(x, ddof=1)) for x in runs)
    return Spread(math.sqrt(total / freedom), freedom)


def alike(values: Values, columns: Sequence[Values]) -> list[Values]:
    """The columns that may scatter as the values do: by F not told apart from them.

    values: one number per seed, shape (n,). columns: those of other runs, shapes (R_i,). One
    whose numbers do not vary is like any; values that do not vary, or are too few, are so too.
    """

    def spread(numbers: Values) -> Spread | None:
        x = _seen(numbers, "linear", None)
        if not x or max(x) == min(x):  # of equal numbers np.std may be 1e-16
            return None
        with np.errstate(over="ignore"):
            sd = float(np.std(x, ddof=1))
        return Spread(sd, len(x) - 1) if sd > 0 else None  # 0 below 1e-162

    own, kept = spread(values), []
    for column in columns:
        other = spread(column)
        if own and other:
            ratio = stats.f(other.freedom, own.freedom)
            f = other.sd / own.sd * (other.sd / own.sd)  # infinite where ** would be an error
            if 2 * min(ratio.cdf(f), ratio.sf(f)) < UNLIKE:
                continue
        kept.append(column)
    return kept


def of_seeds(
    values: Values,
    seeds: int,
    together: Spread | None,
    scale: scales.Scale = "linear",
    samples: int | None = None,
    level: float = LEVEL,
    where: within.Range = within.ANYWHERE,
) -> Prediction | None:
    """Where the mean of new seeds lies; None where a value is missing or nothing tells s.

    values: one number per seed, shape (n,). seeds: k, how many new ones.
    together: from pooled(), of the runs of the experiment, on the same scale.
    scale, samples: of the metric. where: its values can lie, for the scale linear.
    """
    x = _seen(values, scale, samples)
    if not x:
        return None
    n = len(x)
    if n >= FEWEST and max(x) > min(x):
        own, spread = True, Spread(float(np.std(x, ddof=1)), n - 1)
    elif together is None:
        return None
    else:
        own, spread = False, together
    half = stats.t.ppf((1 + level) / 2, spread.freedom) * spread.sd * math.sqrt(1 / n + 1 / seeds)
    mean = float(np.mean(x))
    if scale == "linear":
        low, high = within.ends(mean, float(half), where)
    else:
        low, high = (scales.back(float(mean + side * half), scale) for side in (-1, 1))
    return Prediction(low, high, level, seeds, not own)


def of_share(count: int, n: int, seeds: int, level: float = LEVEL) -> Prediction:
    """Where the share of new seeds that have a property lies, exactly or with a greater chance.

    count: how many of n have it. seeds: k, how many new ones.
    """
    new = np.arange(seeds + 1)
    # Given that count + y of n + k have it, the count among the n is hypergeometric.
    known = stats.hypergeom(n + seeds, count + new, n)
    error = (1 - level) / 2
    kept = new[(known.cdf(count) > error) & (known.sf(count - 1) > error)]
    return Prediction(float(kept[0] / seeds), float(kept[-1] / seeds), level, seeds, False)


def of_runs(
    columns: Mapping[str, Values],
    share: bool,
    seeds: int | None = None,
    where: Mapping[str, within.Range] | None = None,
) -> dict[str, Prediction | None]:
    """Where the means of new seeds lie, by run; None where of_seeds() says so.

    columns: of each run of an experiment, one number per seed. share: whether they are 0 and 1.
    seeds: how many new ones; None: as many as each run has. where: they can lie,
    of each run.
    """
    if share:
        return {
            name: of_share(round(sum(x)), len(x), seeds or len(x)) if x else None
            for name, values in columns.items()
            for x in [_seen(values, "linear", None)]
        }
    ranges, all_of = where or {}, list(columns.values())
    return {
        name: of_seeds(
            x,
            seeds or len(x),
            pooled(alike(x, all_of)),
            where=ranges.get(name, within.ANYWHERE),
        )
        for name, x in columns.items()
    }


def middle(
    values: Values, scale: scales.Scale = "linear", samples: int | None = None
) -> float | None:
    """What the interval of new seeds is held against: their mean on the scale; None as above.

    values: one number per new seed. scale, samples: of the metric.
    """
    x = _seen(values, scale, samples)
    return scales.back(float(np.mean(x)), scale) if x else None


def _seen(values: Values, scale: scales.Scale, samples: int | None) -> list[float] | None:
    """The values as the scale sees them; None where one is missing or off the scale."""
    numbers = sample.defined(values)
    if not numbers or len(numbers) < len(values) or sample.diverged(values):
        return None
    if scales.off_scale(numbers, scale, samples) is not None:
        return None
    return scales.forward(numbers, scale, samples)
