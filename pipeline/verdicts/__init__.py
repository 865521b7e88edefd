"""How a claim is decided: one rule a file, pure functions of what was measured.

A rule compares an interval of an estimate with a threshold that was written before the run:
the claim holds where the whole interval is on its side, fails where the whole interval is on
the other, and is undecided where the interval lies across. Every interval has a level of
1 - 2 error: each of its two ends is passed by the truth with a chance of at most `error`, and
since a verdict can be wrong at one end only, that is the chance of a wrong verdict.

A rule file has a frozen dataclass `Rule`, whose fields are the `arguments` in claims.yaml, with
`threshold`, `words(error)` and `decide(values, error)`, and where two runs can be compared
`compare(values, others, error)`. A theorem has no numbers and no `Rule`.

    bound equivalence order binomial theorem    the rules
    intervals scales student bootstrap          what they compare with the threshold
    sample                                      replicas that diverged, metrics undefined
    multiplicity power seeds                    the error of each claim; the replicas it needs
    convergence publication history             when a verdict may be given; when its rule was
    prediction repetition                       where new seeds land; how near one came
    best_of two_way                             searches; test images beside seeds
    ledger decision outcomes                    claims.yaml; its rules put to what was measured
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Side = Literal["below", "above"]
OTHER = {"below": "above", "above": "below"}
# One per seed: None where the metric is undefined, not finite where the replica diverged
# (pipeline/verdicts/sample.py).
Values = Sequence[float | None]


class Interval(NamedTuple):
    """An estimate, and the two ends of its interval."""

    estimate: float
    low: float
    high: float


class Verdict(NamedTuple):
    """What was found, and the numbers that it rests on; None where there is none."""

    verdict: str  # holds, fails or undecided
    because: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None  # of the interval from low to high
    n: int | None = None  # replicas
