"""The ledger as claims.yaml states it: read once, checked whole, before anything is decided.

Every problem of the file is told at once, a line each. What experiments and runs there are is
asked of params.yaml; the rest is in the file itself.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.results import control_run
from pipeline.study import renamed, validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.fields import Fraction, Positive
from pipeline.study.schema import Converged
from pipeline.verdicts import binomial, bound, documents, equivalence, order

# Imported by name, not found by name: the code that the claims stage is made of is followed by
# its imports (pipeline/stages/sources.py).
RULES = {
    "binomial": binomial.Rule,
    "bound": bound.Rule,
    "equivalence": equivalence.Rule,
    "order": order.Rule,
    "theorem": None,
}
# The keys that a rule needs, beside those of every claim, and those that it may have.
MEASURED = ("experiment", "metric", "arguments", "reason")
NEEDED = dict.fromkeys(RULES, ("run", *MEASURED)) | {
    "order": ("runs", *MEASURED),
    "theorem": ("test",),
}
JUDGED = ("smallest_effect", "converged", "budget")
FREE = dict.fromkeys(RULES, ("versus", "versus_metric", *JUDGED)) | {
    "order": JUDGED,
    # A share of seeds is of one sample: no seed of one run belongs to a seed of another.
    "binomial": ("versus_metric", *JUDGED),
    "theorem": (),
}
CHOSEN = ("test", "run", "runs", "versus", "versus_metric", *MEASURED, *JUDGED)
Text = Annotated[str, Len(1, 1000)]
Correction = Annotated[str, Field(pattern=r"^K\d+$")]


class Claim(BaseModel):
    """A sentence that can be true or false, where it comes from, and how it is decided."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    claim: Text
    documents: Annotated[list[Annotated[str, Field(pattern=r"^T\d{3}$")]], Len(1, 50)]
    statistic: Text
    rule: str  # a file of pipeline/verdicts/
    test: Annotated[str, Field(pattern=r"^tests/[\w/]+\.py::test_\w+$")] | None = None
    experiment: str | None = None
    run: str | None = None
    runs: Annotated[list[str], Len(2, 50)] | None = None  # of the rule order, in that order
    metric: str | None = None
    # metric of run is compared with versus_metric of versus; what is not given is the same. Two
    # runs are two independent samples, two metrics of one run differ replica by replica.
    versus: str | None = None
    versus_metric: str | None = None
    arguments: Any = None  # fields of the rule's Rule; once read, that Rule
    reason: Text | None = None  # for the threshold
    smallest_effect: Positive | None = None  # that is of interest: how many seeds it takes is told
    converged: Converged | None = (
        None  # what must be flat at the end; else what the experiment says
    )
    budget: Literal[True] | None = None  # the sentence names a small budget: nothing need be flat
    corrections: list[Correction] = []  # of the documents, that it settles

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The run and the metric of each column of values that it rests on."""
        if self.metric is None:  # a theorem
            return []
        columns = [(run, self.metric) for run in self.runs or [self.run or ""]]
        if self.versus or self.versus_metric:
            columns.append((self.versus or columns[0][0], self.versus_metric or self.metric))
        return columns

    @property
    def compared(self) -> bool:
        """Whether it is about two runs."""
        return self.versus not in (None, self.run)

    @property
    def within(self) -> bool:
        """Whether it is about two metrics of one run, replica by replica."""
        return self.versus_metric is not None and not self.compared

    @property
    def least(self) -> float | None:
        """The effect of which a difference that falls short is none; None where none is asked."""
        if not isinstance(self.arguments, bound.Rule) or not (self.compared or self.within):
            return None
        return self.smallest_effect if self.arguments.says_no_difference(self.compared) else None


class Corrected(BaseModel):
    """A statement of the documents that is not so, in the project's own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    said: Text
    instead: Text


class Open(BaseModel):
    """A sentence that this study cannot decide at its budget, and what it would take."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    claim: Text
    documents: Annotated[list[Annotated[str, Field(pattern=r"^T\d{3}$")]], Len(1, 50)]
    needs: Text


class Ledger(BaseModel):
    """All claims, and the chance that a family of them has a wrong verdict among its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    error: Annotated[Fraction, Field(lt=0.5)]
    corrections: dict[Correction, Corrected] = {}
    open: Annotated[list[Open], Len(0, 100)] = []
    claims: Annotated[list[dict[str, Any]], Len(0, 1000)]


def read(
    path: Path | str, experiments: Mapping[str, Any]
) -> tuple[float, list[Claim], dict[str, Corrected]]:
    """The error of each experiment's family, the claims with their rules made, the corrections.

    path: claims.yaml.
    experiments: those of params.yaml.
    """
    try:
        ledger = Ledger.model_validate(yaml.read(path, Ledger.model_fields))
    except ValidationError as error:
        raise _refused(path, validation.told(error)) from error
    claims, problems = [], []
    for place, block in enumerate(ledger.claims):
        where = f"claims.{block.get('id', place)}"
        unknown = block.keys() - Claim.model_fields
        problems += [
            f"{where}.{key}: no such key{validation.allowed(key, Claim.model_fields)}"
            for key in sorted(unknown, key=str)
        ]
        try:
            claim = Claim.model_validate({k: v for k, v in block.items() if k not in unknown})
        except ValidationError as error:
            problems += validation.told(error, where)
            continue
        made, found = _resolved(claim, where, experiments)
        claims.append(made)
        problems += found
    problems += [
        f"claims.{claim.id}.id: it is named {renamed.CLAIMS[claim.id]} now"
        for claim in claims
        if claim.id in renamed.CLAIMS
    ]
    named: list[Any] = [*claims, *ledger.open]
    ids = [found.id for found in named]
    for name, times in Counter(ids).items():
        if times > 1:
            problems.append(f"claims.{name}: {times} claims have this id")
    problems += _unsettled(ledger.corrections, claims)
    cited = {found.id: found.documents for found in named}
    problems += documents.unknown(cited, path)
    if problems:
        raise _refused(path, problems)
    return ledger.error, claims, ledger.corrections


def opened(path: Path | str) -> list[Open]:
    """What a ledger that `read` has found whole leaves open. path: claims.yaml."""
    return Ledger.model_validate(yaml.read(path, Ledger.model_fields)).open


def _unsettled(corrections: Mapping[str, Corrected], claims: list[Claim]) -> list[str]:
    """Lines on corrections that a claim names and nobody states, and that no claim settles."""
    problems = [
        f"claims.{claim.id}.corrections: {name!r} is unknown"
        f"{validation.allowed(name, corrections)}"
        for claim in claims
        for name in claim.corrections
        if name not in corrections
    ]
    settled = {name for claim in claims for name in claim.corrections}
    return problems + [
        f"corrections.{name}: no claim settles it" for name in corrections if name not in settled
    ]


def _resolved(claim: Claim, where: str, experiments: Mapping[str, Any]) -> tuple[Claim, list[str]]:
    """The claim with its Rule in place of the arguments, and what is wrong with it."""
    if claim.rule not in RULES:
        return claim, [
            f"{where}.rule: {claim.rule!r} is no rule{validation.allowed(claim.rule, RULES)}"
        ]
    needed, free = NEEDED[claim.rule], FREE[claim.rule]
    problems = [f"{where}.{key}: missing" for key in needed if getattr(claim, key) is None]
    problems += [
        f"{where}.{key}: not for the rule {claim.rule}; leave it out"
        for key in CHOSEN
        if key not in (*needed, *free) and getattr(claim, key) is not None
    ]
    if problems or claim.rule == "theorem":
        return claim, problems
    assert claim.experiment is not None  # every rule but the theorem needs one
    if claim.experiment not in experiments:
        hint = validation.allowed(claim.experiment, experiments)
        problems.append(f"{where}.experiment: {claim.experiment!r} is unknown{hint}")
    else:
        experiment = experiments[claim.experiment]
        problems += _unknown_runs(claim, where, experiment)
        named = {key: getattr(claim, key) for key in ("metric", "versus_metric")}
        named["converged.metric"] = claim.converged and claim.converged.metric
        for key, name in named.items():
            if name is not None and (wrong := validation.no_value(name, experiment.metrics)):
                problems.append(f"{where}.{key}: {wrong}")
        if claim.converged is None:
            claim = claim.model_copy(update={"converged": experiment.converged})
    if len(set(claim.sources)) < len(claim.sources):
        problems.append(f"{where}: compares a run with itself")
    rule, found = validation.checked(RULES[claim.rule], claim.arguments, f"{where}.arguments")
    if isinstance(rule, bound.Rule | equivalence.Rule):
        if flaw := rule.unfit(claim.compared):
            found.append(f"{where}.arguments: {flaw}")
        elif claim.within and rule.scale in ("log", "logit"):
            found.append(
                f"{where}.arguments.scale: {rule.scale} is of what is positive; the difference "
                "of two metrics of one run has linear, bootstrap or median"
            )
    return claim.model_copy(update={"arguments": rule}), problems + found


def _unknown_runs(claim: Claim, where: str, experiment: Any) -> list[str]:
    """Lines on runs that are not there. What one is compared with may be a control."""
    runs, rows = experiment.runs, control_run.rows(experiment)
    named = [("run", claim.run, runs), ("versus", claim.versus, {**runs, **rows})]
    named += [(f"runs.{k}", run, runs) for k, run in enumerate(claim.runs or [])]
    return [
        f"{where}.{key}: {claim.experiment} has no run {run!r}{validation.allowed(run, known)}"
        for key, run, known in named
        if run is not None and run not in known
    ]


def _refused(path: Path | str, problems: list[str]) -> StudyError:
    return StudyError.of(f"{path}: {problem}" for problem in problems)
