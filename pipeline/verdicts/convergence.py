"""Has a training come to a plateau? Two ways to ask; the margin is the claims' own.

    doubled    m(2T) is not better than m(T) by the margin, m(T) the mean over the tuning seeds of
               a training of T rounds, the schedule stretched with them
    flat       the 95 % interval of the mean of d lies within -+ margin,
               d_r = mean of v_r(t), 3T/4 < t <= T,  minus  mean of v_r(t), T/2 < t <= 3T/4

Where a search has trained a run's settings for T and 2T rounds, that decides, T the run's rounds.
From half its rounds to all of them less than the margin either way shows that a run has converged;
more leaves the question to the curve. There a noisy one has a wide interval and does not pass, and
one that still improves or grows worse by the margin lies outside.

A learning rate that falls until the last round bends any curve, so two quarters of one training
compare two rates rather than two ages: the divergence of a spectrally normalised GAN on the ring
falls by .060 from the third quarter of its 24,000 rounds to the last, and 24,000 rounds end no
better than 12,000 (.065 and .059). Where no doubling was trained, such a run has not converged:
the rule errs on that side.

Whatever is asked, no earlier quarter may be shown to be better than the last by the margin: a
curve that has fallen to a plateau is flat and does not pass. The margin is at most a third of the
effect that the run's claims speak of. Schuirmann (1987), two one-sided tests, each at error .025:
pipeline/verdicts/equivalence.py.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from pipeline.verdicts import Interval, Values, student
from pipeline.verdicts.sample import defined

ERROR = 0.025
FEWEST = 5  # snapshots in each quarter


class Doubled(NamedTuple):
    """What twice the rounds changed on tuning seeds at one setting, the schedule stretched."""

    once: int  # rounds
    change: float  # of the mean of the metric, from `once` to twice as many rounds
    seeds: int


class Convergence(NamedTuple):
    """Whether a run has come to a plateau, and the numbers that say so; None where none do."""

    converged: bool
    because: str
    change: float | None = None  # from the third quarter to the last
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    replicas: int | None = None  # that did not diverge


def converged(
    rounds: Sequence[int],
    values: Sequence[Values],
    margin: float,
    better: Literal["higher", "lower"] | None = None,
    doubled: Doubled | None = None,
) -> Convergence:
    """Whether a run has come to a plateau of a metric, to within the margin.

    rounds: t of each snapshot, rising, the last at the end of training, shape (M,).
    values: v of each replica at each snapshot, shape (R, M). A replica with a value that is not
        finite diverged and has no part: it counts against its claim elsewhere. An undefined one,
        None, in the second half leaves nothing shown.
    margin: how much change is still called none, in the metric's unit.
    better: which way the metric is better; None where neither is, as for a reference value.
    doubled: what a search found of the run's settings at its rounds, or at half of them.
    """
    quarters = [
        [k for k, t in enumerate(rounds) if low * rounds[-1] < 4 * t <= high * rounds[-1]]
        for low, high in pairwise(range(5))
    ]
    finite = [row for row in values if all(v is None or math.isfinite(v) for v in row)]
    flat = _doubled(rounds[-1], margin, better, doubled) if rounds and doubled else None
    if flat is None:
        flat = _flat(quarters, finite, len(values), margin)
    worse = _worse(quarters, finite, margin, better) if flat.converged and better else ""
    return flat._replace(converged=False, because=flat.because + worse) if worse else flat


def _doubled(rounds, margin, better, doubled):
    """The answer of a doubling; None where half the rounds leave it open."""
    change = doubled.change
    small = abs(change) < margin
    if doubled.once == rounds and better is not None:  # twice as many may make it worse
        small = (change if better == "higher" else -change) < margin
    elif doubled.once != rounds and not small:
        return None
    because = (
        f"From {doubled.once:,} to {2 * doubled.once:,} rounds, the schedule stretched, the mean "
        f"over {doubled.seeds} tuning seeds changes by {change:.3g}; "
        f"a gain of {margin:g} would be one."
    )
    return Convergence(small, because, change, margin=margin)


def _flat(quarters, finite, replicas, margin):
    """The answer of the curves. finite: those that stayed finite, of so many replicas."""
    fewest = min(len(quarters[2]), len(quarters[3]))
    if fewest < FEWEST:
        return _not(f"A quarter of the training has {fewest} snapshots; {FEWEST} are needed.")
    if any(row[k] is None for row in finite for k in (*quarters[2], *quarters[3])):
        return _not("The metric is undefined at a snapshot of the second half.")
    of = f"{len(finite)} of {replicas} replicas"
    if len(finite) < 2:
        return _not(f"A plateau is shown by two replicas; {of} stayed finite.")
    change = _difference(_means(finite, quarters[3]), _means(finite, quarters[2]))
    flat = -margin < change.low and change.high < margin
    because = (
        f"From the third quarter to the last the mean over {of} changes by "
        f"{change.estimate:.3g}; the {100 * (1 - 2 * ERROR):g} % interval of that, "
        f"[{change.low:.3g}, {change.high:.3g}], "
        f"lies {'inside' if flat else 'not inside'} ±{margin:g}."
    )
    return Convergence(flat, because, *change, margin, len(finite))


def _worse(quarters, finite, margin, better):
    """Words on an earlier quarter that is shown to be better than the last by the margin."""
    *_, last = quarters
    for name, quarter in zip(("first", "second", "third"), quarters[:3], strict=True):
        if not quarter or not last or len(finite) < 2:
            continue
        if any(row[k] is None for row in finite for k in (*quarter, *last)):
            continue
        drop = _difference(_means(finite, last), _means(finite, quarter))
        if drop.high < -margin if better == "higher" else drop.low > margin:
            return f" But it was better in the {name} quarter, by {abs(drop.estimate):.3g}."
    return ""


def _means(rows: Sequence[Values], places: Sequence[int]) -> list[float]:
    return [sum(defined([row[k] for k in places])) / len(places) for row in rows]


def _difference(own: Sequence[float], other: Sequence[float]) -> Interval:
    """Replica by replica: these are the same trainings at two times."""
    d = [a - b for a, b in zip(own, other, strict=True)]
    if max(d) == min(d):  # a metric at its end in all replicas, or a deterministic one
        return Interval(d[0], d[0], d[0])
    return student.interval(d, ERROR)


def _not(because: str) -> Convergence:
    return Convergence(False, because)
