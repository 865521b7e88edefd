"""How many replicas a question needs, and what an undecided claim would take.

    mean         P(T > t_{n-1}(1 - e)),     T noncentral t of n - 1,   effect sqrt(n) / sd
    difference   P(T > t_{2n-2}(1 - e)),    T noncentral t of 2n - 2,  effect sqrt(n / 2) / sd
    equivalence  P(|m| < margin - t_{n-1}(1 - e) s / sqrt n),  the truth in the middle
    share        P(X >= k),                 X binomial, k the least that the exact interval allows

`effect` is how far the truth lies beyond the threshold, for equivalence the margin; e = (1 -
level) / 2 is the error of one end. Runs that are compared have n replicas each and one standard
deviation, for which Welch's test loses next to nothing. On a scale other than linear, effect and
sd are those of the values that the scale sees (of log x: effect log 1.5 for a factor of 1.5).

Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 2, for the t
tests; Phillips, "Power of the two one-sided tests procedure in bioequivalence" (1990), equation
6, for equivalence; Clopper and Pearson (1934) for the share.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import stats

Kind = Literal["mean", "difference", "equivalence", "equivalence of two"]
POWER = 0.8
MOST = 10_000  # replicas beyond which a question is out of reach
# The distribution of s is summed over so many quantiles; the power is then right to 1e-4.
QUANTILES = 2_000


def power(n: int, effect: float, sd: float, level: float, kind: Kind) -> float:
    """The chance that n replicas show the effect.

    n: replicas, of each run, at least 2.
    effect: how far the truth lies beyond the threshold; for equivalence the margin.
    sd: the standard deviation over seeds, above 0.
    level: of the interval that decides, such as .95.
    """
    runs = 2 if kind in ("difference", "equivalence of two") else 1
    freedom = runs * (n - 1)
    error = sd * math.sqrt(runs / n)
    t = stats.t.ppf((1 + level) / 2, freedom)
    if kind in ("mean", "difference"):
        return float(stats.nct.sf(t, freedom, effect / error))
    quantiles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    half = t * error * np.sqrt(stats.chi2.ppf(quantiles, freedom) / freedom)
    within = 2 * stats.norm.cdf((effect - half) / error) - 1
    return float(np.maximum(within, 0.0).mean())


def replicas_for(
    effect: float, sd: float, level: float, kind: Kind, power_wanted: float = POWER
) -> int | None:
    """The least number of replicas, of each run, that shows the effect with that power.

    None where 10,000 do not. effect, sd, level, kind: as above.
    """
    if effect <= 0:
        return None
    return _least(lambda n: power(n, effect, sd, level, kind) >= power_wanted)


def replicas_for_share(
    truth: float, share: float, level: float, power_wanted: float = POWER
) -> int | None:
    """The least number of replicas that shows on which side of `share` the true share lies.

    From there on the power is kept for the next ten numbers too (it rises in teeth, for a count
    is whole). None where 10,000 do not.

    truth, share: between 0 and 1. level: of the exact interval that decides, such as .95.
    """
    if truth < share:  # as many that do not have the property as needed
        truth, share = 1 - truth, 1 - share
    if truth == share:
        return None
    n = np.arange(1, MOST + 11)
    # The least count with P(X >= count; share) <= error: there the interval's low end leaves it.
    count = stats.binom.isf((1 - level) / 2, n, share) + 1
    enough = stats.binom.sf(count - 1, n, truth) >= power_wanted
    kept = np.lib.stride_tricks.sliding_window_view(enough, 11).all(axis=1)
    return int(n[:MOST][kept][0]) if kept.any() else None


def would_take(replicas: int | None, now: int, each: bool = False) -> str:
    """What an undecided claim would take, in words, if the truth is what was found.

    replicas: from replicas_for(), for the distance found. now: how many there are.
    each: whether of each of two runs.
    """
    of_each = " of each run" if each else ""
    if replicas is None:
        return (
            f"If the truth is what was found, more than {MOST:,} replicas{of_each} would be "
            f"needed to decide it with a chance of {POWER:g}: this statistic does not tell."
        )
    if replicas <= now:
        return (
            f"If the truth is what was found, {now} replicas{of_each} decide it with a chance of "
            f"{POWER:g} or more, and these did not."
        )
    return (
        f"If the truth is what was found, {replicas:,} replicas{of_each} would decide it with a "
        f"chance of {POWER:g}; there are {now}."
    )


def _least(enough: Callable[[int], bool]) -> int | None:
    """The least n from 2 to MOST for which it is so; what is so for n is so for n + 1."""
    low, high = 1, 2
    while high < MOST and not enough(high):
        low, high = high, min(2 * high, MOST)
    if not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
