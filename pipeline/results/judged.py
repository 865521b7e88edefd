"""What stands in reports/claims.json: each claim with its numbers, its verdict, and its standing.

What was added after format 2 has a default: a ledger that was decided before is read as one of
which that is not known.
"""

from dataclasses import field
from typing import Literal

from pydantic.dataclasses import dataclass

from pipeline.results.fields import STRICT, Key, Number, Real, Sha256
from pipeline.study.schema import Budget

Word = Literal["holds", "fails", "undecided"]


@dataclass(frozen=True, config=STRICT)
class Prediction:
    """Where the mean of so many new seeds lies with a chance of `level`."""

    low: Real
    high: Real
    level: Real
    seeds: int
    pooled: bool  # the deviation is that of all runs of the experiment


@dataclass(frozen=True, config=STRICT)
class Basis:
    """A run that a claim rests on: how it was trained, how that ended, where new seeds land."""

    run: str
    metric: Key
    rounds: int
    converged: bool | None  # None: not measured
    convergence: str  # why, in words
    settings: str  # frozen; yours, untuned; not frozen
    predicted: Prediction | None


@dataclass(frozen=True, config=STRICT)
class Decided:
    """A claim with its rule as it was applied, its numbers and its verdict."""

    id: str
    claim: str
    documents: list[str]
    corrections: list[str]
    rule: str
    reason: str | None
    statistic: str
    experiment: str | None
    run: str | None
    runs: list[str] | None
    metric: str | None
    versus: str | None
    versus_metric: str | None
    test: str | None
    target: Number  # of an equivalence: the estimate is a difference from it
    threshold: Number
    verdict: Word
    because: str
    estimate: Number
    low: Number
    high: Number
    level: Number
    n: int | None
    scale: str | None = None
    budget: bool | None = None  # the sentence speaks of a small budget
    smallest_effect: Number = None
    replicas: int | None = None  # that show the smallest effect with a chance of .8
    rests_on: list[Basis] | None = None
    hash: str | None = None  # of all that decides
    frozen: str | None = None  # the day; None: not frozen
    first: Word | None = None  # verdict under this rule
    changed: bool | None = None  # after a result
    history: str | None = None  # the same in words
    family: int | None = None  # of claims that share a training, from 1; of a theorem none


@dataclass(frozen=True, config=STRICT)
class Correction:
    """What the documents say that is not so, and the claims that settle it."""

    id: str
    said: str
    instead: str
    claims: list[str]


@dataclass(frozen=True, config=STRICT)
class Withdrawn:
    """A claim that is in the ledger no more, with what it was."""

    id: str
    claim: str
    rule: str
    frozen: str
    withdrawn: str | None  # the day; None: not yet entered
    verdict: Word | None


@dataclass(frozen=True, config=STRICT)
class Open:
    """A sentence that the study cannot decide at its budget, and what it would take."""

    id: str
    claim: str
    documents: list[str]
    needs: str


@dataclass(frozen=True, config=STRICT)
class StudyWide:
    """How sure the ledger is as a whole; theorems are apart."""

    error: Real  # the chance that a family has any wrong verdict
    measured: int  # claims
    families: int  # claims that share a training are in one
    largest: int  # claims
    expected_wrong: Real  # at most, in all
    decided: Real  # share of the measured claims, withdrawn ones counted as undecided
    unshown: int  # verdicts against a run of which nothing says whether it converged


@dataclass(frozen=True, config=STRICT)
class Verdicts:
    """reports/claims.json."""

    claims: list[Decided]
    corrections: list[Correction]
    counts: dict[str, int]  # of each verdict
    study: StudyWide | None = None
    withdrawn: list[Withdrawn] = field(default_factory=list)
    budget: Budget = "cpu"
    decided_from: dict[str, Sha256] = field(default_factory=dict)  # files of reports/metrics
    open: list[Open] = field(default_factory=list)
    format: int = 2
