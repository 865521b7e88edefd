"""Has a training come to a plateau? The change from the third quarter to the last, over replicas.

    d_r = mean of v_r(t), 3T/4 < t <= T,  minus  mean of v_r(t), T/2 < t <= 3T/4
    converged    where the 95 % interval of the mean of d lies within -+ margin

so that it is shown, and not only not refuted, that the curve is flat: a noisy one has a wide
interval and does not pass, and one that still improves or grows worse by the margin lies outside.
A curve that was better before and has fallen to a plateau is flat and does not pass either: no
earlier quarter may be shown to be better than the last by the margin.

Schuirmann (1987), two one-sided tests, each at error .025: pipeline/verdicts/equivalence.py. The
margin is at most a third of the effect that the run's claims speak of. Falling learning rates
flatten any curve: that twice the rounds move the metric by less than the margin is a claim of two
runs, `equivalence.Rule(0, margin).compare(twice, once, error)`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from pipeline.verdicts import Interval, Values, student
from pipeline.verdicts.sample import defined

ERROR = 0.025
FEWEST = 5  # snapshots in each quarter


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
) -> Convergence:
    """Whether the curve of a metric is flat, to within the margin.

    rounds: t of each snapshot, rising, the last at the end of training, shape (M,).
    values: v of each replica at each snapshot, shape (R, M). A replica with a value that is not
        finite diverged and has no part: it counts against its claim elsewhere. An undefined one,
        None, in the second half leaves nothing shown.
    margin: how much change is still called none, in the metric's unit.
    better: which way the metric is better; None where neither is, as for a reference value.
    """
    quarters = [
        [k for k, t in enumerate(rounds) if low * rounds[-1] < 4 * t <= high * rounds[-1]]
        for low, high in pairwise(range(5))
    ]
    fewest = min(len(quarters[2]), len(quarters[3])) if rounds else 0
    if fewest < FEWEST:
        return _not(f"A quarter of the training has {fewest} snapshots; {FEWEST} are needed.")
    if any(row[k] is None for row in values for k in (*quarters[2], *quarters[3])):
        return _not("The metric is undefined at a snapshot of the second half.")
    finite = [row for row in values if all(v is None or math.isfinite(v) for v in row)]
    of = f"{len(finite)} of {len(values)} replicas"
    if len(finite) < 2:
        return _not(f"A plateau is shown by two replicas; {of} stayed finite.")
    last, third = _means(finite, quarters[3]), _means(finite, quarters[2])
    change = _difference(last, third)
    flat = -margin < change.low and change.high < margin
    because = (
        f"From the third quarter to the last the mean over {of} changes by "
        f"{change.estimate:.3g}; the {100 * (1 - 2 * ERROR):g} % interval of that, "
        f"[{change.low:.3g}, {change.high:.3g}], "
        f"lies {'inside' if flat else 'not inside'} ±{margin:g}."
    )
    if flat and better is not None:
        for name, quarter in zip(("first", "second"), quarters[:2], strict=True):
            if not quarter or any(row[k] is None for row in finite for k in quarter):
                continue
            drop = _difference(last, _means(finite, quarter))
            worse = drop.high < -margin if better == "higher" else drop.low > margin
            if worse:
                flat = False
                because += (
                    f" But it was better in the {name} quarter, by {abs(drop.estimate):.3g}."
                )
                break
    return Convergence(flat, because, *change, margin, len(finite))


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
