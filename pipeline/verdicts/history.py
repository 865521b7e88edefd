"""When each rule was written, what it first found, and whether it changed after a result.

`python -m pipeline freeze` writes history.yaml, which is committed; the stage claims only
compares. For each claim of the ledger, and each that was in it:

    claim      the sentence, so that one that is withdrawn can be read
    rule       its file of pipeline/verdicts/
    hash       of all that decides: see rule_hash()
    frozen     the day on which this rule was entered
    seen       whether a result of the claim was there by then
    verdict    the first under this rule; null until there is one
    withdrawn  the day on which the claim was found gone; absent of one that stands
    earlier    rules that it had before, oldest first: hash, frozen, seen and verdict of each

Nothing is ever taken out, so a claim that is withdrawn and comes back has what it had, and one
that is renamed (pipeline/study/renamed.py) takes it along. No clock and no Git is asked: the day
is given, and a report that is made twice is the same.

After: "preregistration", Nosek et al., "The preregistration revolution" (2018).
"""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML

from pipeline.study import validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.renamed import CLAIMS
from pipeline.verdicts.ledger import Claim

FILE = "history.yaml"
HEAD = """\
# When the rule of each claim was entered, and what it first found: written by
# `python -m pipeline freeze`, never by hand (pipeline/verdicts/history.py). Nothing is taken out.

"""
DECIDES = ("rule", "experiment", "run", "runs", "versus", "metric", "versus_metric", "test")
TRAINED = ("converged", "budget")  # what is asked of the trainings
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Word = Literal["holds", "fails", "undecided"]


class Frozen(BaseModel):
    """A rule, when it was entered, whether its result was in sight, and what it first found."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rule: Annotated[str, Len(1, 50)]
    hash: Hash
    frozen: Day
    seen: bool
    verdict: Word | None = None


class Entry(Frozen):
    """What history.yaml has of a claim."""

    claim: Annotated[str, Len(1, 1000)]
    withdrawn: Day | None = None
    earlier: list[Frozen] = []


class Result(NamedTuple):
    """A verdict that was found, and the hash of the rule that found it."""

    hash: str
    verdict: Word


class Standing(NamedTuple):
    """How a claim stands to its history, for the page."""

    frozen: str | None  # since when; None if its present rule was never entered
    first: Word | None  # verdict under it
    changed: bool  # after a result of the claim was there
    words: str


def rule_hash(claim: Claim, error: float) -> str:
    """16 hex digits of all that decides a claim and nothing that does not.

    Arguments at their defaults count as left out, so that a rule that learns a new one keeps its
    hash; numbers count by value, and the order of keys does not.

    claim: as the ledger has read it, with its Rule made.
    error: of the families, from the ledger.
    """
    decides: dict[str, Any] = {key: getattr(claim, key) for key in (*DECIDES, *TRAINED)}
    if claim.converged is not None:
        decides["converged"] = claim.converged.model_dump(exclude_defaults=True)
    decides = {key: value for key, value in decides.items() if value is not None}
    if is_dataclass(rule := claim.arguments) and not isinstance(rule, type):
        default = {f.name: f.default for f in fields(rule) if f.default is not MISSING}
        stated = asdict(rule).items()
        decides["arguments"] = {k: v for k, v in stated if k not in default or v != default[k]}
    if claim.rule != "theorem":
        decides["error"] = error
    if claim.least is not None:
        decides["least"] = claim.least
    canonical = json.dumps(decides, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read(path: Path | str = FILE) -> dict[str, Entry]:
    """The entries of history.yaml, by claim; none where there is no such file."""
    if not Path(path).is_file():
        return {}
    return parsed(yaml.read(path, ["a claim's id"]), str(path))


def parsed(content: object, path: str) -> dict[str, Entry]:
    """The entries of history.yaml, by claim.

    content: of the file, None where it is empty. path: as it is told where a line is wrong.
    """
    if not isinstance(content or {}, dict):
        raise StudyError(f"{path}: must be a mapping of claims")
    entries, problems = {}, []
    for name, block in dict(content or {}).items():  # type: ignore[call-overload]
        try:
            entries[str(name)] = Entry.model_validate(block)
        except ValidationError as error:
            problems += validation.told(error, str(name))
    if problems:
        raise StudyError.of(f"{path}: {problem}" for problem in problems)
    return entries


def text(history: Mapping[str, Entry]) -> str:
    """The content of history.yaml: the same for the same entries.

    history: by claim.
    """
    blocks = {
        name: entry.model_dump(exclude_defaults=True) for name, entry in sorted(history.items())
    }
    buffer = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style, writer.width, writer.allow_unicode = False, 4096, True
    writer.dump(blocks, buffer)
    return HEAD + buffer.getvalue()


def freeze(
    claims: Iterable[Claim],
    error: float,
    history: Mapping[str, Entry],
    results: Mapping[str, Result],
    today: date,
) -> dict[str, Entry]:
    """The history with each claim's present rule in it; entries in alphabetical order.

    claims, error: of the ledger. history: as it was.
    results: by claim, of those that have been measured; one under an older rule is in sight too.
    today: the day that new entries bear.
    """
    claims = list(claims)
    history = _moved(history, {claim.id for claim in claims})
    day, after = today.isoformat(), dict(history)
    standing = set()
    for claim in claims:
        standing.add(claim.id)
        digest, result = rule_hash(claim, error), results.get(claim.id)
        verdict = result.verdict if result is not None and result.hash == digest else None
        old = history.get(claim.id)
        if old is not None and old.hash == digest:
            kept = {"withdrawn": None, "claim": claim.claim, "verdict": old.verdict or verdict}
            after[claim.id] = old.model_copy(update=kept)
            continue
        earlier = [] if old is None else [*old.earlier, _bare(old)]
        after[claim.id] = Entry(
            rule=claim.rule,
            hash=digest,
            frozen=day,
            seen=result is not None or any(e.verdict is not None or e.seen for e in earlier),
            verdict=verdict,
            claim=claim.claim,
            earlier=earlier,
        )
    for name in after.keys() - standing:
        if after[name].withdrawn is None:
            after[name] = after[name].model_copy(update={"withdrawn": day})
    return dict(sorted(after.items()))


def compare(
    claims: Iterable[Claim], error: float, history: Mapping[str, Entry]
) -> dict[str, Standing]:
    """How each claim of the ledger stands to its history, by claim.

    claims, error: of the ledger. A claim without an entry is not frozen, which is no error.
    """
    return {
        claim.id: _standing(rule_hash(claim, error), history.get(claim.id)) for claim in claims
    }


def withdrawn(claims: Iterable[Claim], history: Mapping[str, Entry]) -> dict[str, Entry]:
    """The claims that were entered and are in the ledger no more, entered as withdrawn or not.

    They stay on the page, with what they were, and count as undecided.
    """
    there = {claim.id for claim in claims}
    return {name: entry for name, entry in history.items() if name not in there}


def decided_share(verdicts: Iterable[str], gone: Mapping[str, Entry]) -> float:
    """The share of measured claims that hold or fail; 0 where there are none.

    verdicts: of the measured claims of the ledger. gone: the withdrawn ones; theorems are apart.
    """
    words = list(verdicts) + ["undecided" for entry in gone.values() if entry.rule != "theorem"]
    return sum(word != "undecided" for word in words) / len(words) if words else 0.0


def _moved(history: Mapping[str, Entry], there: set[str]) -> dict[str, Entry]:
    """The history by the ids that claims have now: a new name takes what the old one had."""
    now = {old: new for old, new in CLAIMS.items() if new in there and new not in history}
    return {now.get(name, name): entry for name, entry in history.items()}


def _standing(digest: str, entry: Entry | None) -> Standing:
    if entry is None:
        return Standing(None, None, False, "not frozen")
    if entry.hash != digest:
        changed = entry.seen or entry.verdict is not None
        words = "changed after a result, and not frozen" if changed else "not frozen"
        return Standing(None, None, changed, f"{words}; an earlier rule was, on {entry.frozen}")
    changed = entry.seen and bool(entry.earlier)
    words = f"frozen since {entry.frozen}"
    if changed:
        words += ", changed after a result"
    elif entry.seen:
        words += ", with a result in sight"
    if entry.verdict is not None:
        words += f"; first verdict: {entry.verdict}"
    return Standing(entry.frozen, entry.verdict, changed, words)


def _bare(entry: Entry) -> Frozen:
    return Frozen(**entry.model_dump(include=set(Frozen.model_fields)))
