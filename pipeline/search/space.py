"""space.yaml: the spaces that settings are searched in, written before the first draw.

    study       what params.yaml of the search says beside its runs: device ..., data, train
    seed        of all draws
    draws       of each search, what papers prescribe among them: 16
    frozen      true once all is searched: `dvc repro` trains and measures nothing again, whatever
                code has changed since
    searches    by id: data, model and what its draws share; `structures`, of which each is a run;
                `space`, numbers that every replica of a run may have its own of; `papers`. Or one
                `setting`, that of a published run which no search found or which has more rounds
                than its search: nothing is drawn, only twice the rounds are tried

The numbers of a draw are uniform on the scale of their range,

    log     lo (hi / lo)^u        linear     lo + (hi - lo) u        choice     one of a list

u in [0, 1) from a stream of the search, the draw and the number: neither a further search nor a
further draw nor a further number changes those that there are. Bergstra & Bengio, "Random Search
for Hyper-Parameter Optimization" (2012), say why at random and not on a grid.
"""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from annotated_types import Len
from pydantic import Field, ValidationError, model_validator

from pipeline import models
from pipeline.study import validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.fields import Count, Index, Positive, Real
from pipeline.study.schema import Block

FILE = "space.yaml"
FIRST_SEED = 1000  # of tuning seeds; those of published runs lie below
# What every replica may have its own of, of an optimizer (pipeline/study/schema.py); and what
# falls or rises by the round, so that a search of fewer rounds would be of another schedule.
OWN, BY_ROUND = ("lr", "betas", "final", "momentum"), ("decay", "floor", "momentum_rounds")
OPTIMIZER = re.compile(r"train\.(optimizer|players\.\w+)")  # of all players, or of one
Ends = tuple[Real, Real]


class Range(Block):
    """Where a number may lie."""

    log: Ends | None = None
    linear: Ends | None = None
    choice: Annotated[list[Any], Len(1, 100)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Range":
        if len(self.model_fields_set) != 1:
            raise ValueError("a range is one of log, linear and choice")
        ends = self.log or self.linear
        if ends and (ends[0] >= ends[1] or (self.log and ends[0] <= 0)):
            raise ValueError("the ends of a range rise, and those of log are positive")
        return self


class Settings(Block):
    """Keys of a run, as params.yaml has them."""

    arguments: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)


class Paper(Settings):
    """A draw that a paper prescribes."""

    source: Annotated[str, Len(1, 300)]


class Search(Settings):
    """One method on one data set."""

    data: str
    model: str
    rounds: Count  # of a full training
    metric: str  # <file>.<value>, what is chosen by
    metrics: list[str] = Field(default_factory=list)  # further files of pipeline/metrics/
    margin: Positive  # by less than which twice the rounds may move the metric
    structures: Annotated[list[Settings], Len(0, 100)] = Field(default_factory=list)
    space: Annotated[dict[str, Range], Len(0, 20)] = Field(default_factory=dict)
    papers: list[Paper] = Field(default_factory=list)
    setting: Settings | None = None

    @model_validator(mode="after")
    def _drawn_or_set(self) -> "Search":
        drawn = bool(self.structures) and bool(self.space)
        if drawn == (self.setting is not None) or (self.setting and self.papers):
            raise ValueError("a search has structures and space, or one setting")
        return self


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class Space(Block):
    """All searches of a study."""

    study: dict[str, Any]
    seed: Index
    draws: Annotated[int, Field(ge=4, le=1000)] = 16
    frozen: bool = False
    searches: Annotated[dict[Id, Search], Len(1, 100)]


def read(path: Path | str = FILE) -> Space:
    """The searches in a space.yaml, every key known and every number checked."""
    content = yaml.read(path, Space.model_fields)
    try:
        space = Space.model_validate_json(json.dumps(content))
    except ValidationError as error:
        problems = validation.told(error)
    else:
        problems = [
            f"searches.{id}.{line}"
            for id, search in space.searches.items()
            for line in _problems(search, space.draws)
        ]
    if problems:
        raise StudyError.of(f"{path}: {line}" for line in problems)
    return space


def _problems(search: Search, draws: int) -> list[str]:
    """Lines on what of a search cannot be drawn."""
    if search.model not in models.names():
        known = validation.allowed(search.model, models.names())
        return [f"model: {search.model!r} is unknown{known}"]
    found = [f"space.{key}: {wrong}" for key in search.space if (wrong := _wrong(key, search))]
    if len(search.papers) > draws:
        found.append(f"papers: {len(search.papers)} of them for {draws} draws")
    blocks = {"": search} | {f"structures.{i}.": s for i, s in enumerate(search.structures)}
    blocks |= {f"papers.{i}.": paper for i, paper in enumerate(search.papers)}
    blocks |= {"setting.": search.setting} if search.setting else {}
    for where, block in blocks.items():
        own = flat(block)
        for key in own:
            if key == "train.rounds":
                found.append(f"{where}{key}: `rounds` of the search says it, for all its draws")
            place, _, name = key.rpartition(".")
            if OPTIMIZER.fullmatch(place) and name in BY_ROUND:
                found.append(f"{where}{key}: hangs on the round; use final, which stretches")
            if where.startswith("structures") and key in search.space:
                found.append(f"{where}{key}: is drawn from the space")
    return found


def _wrong(key: str, search: Search) -> str:
    """Why a number cannot differ between the replicas of a run."""
    place, _, name = key.rpartition(".")
    if OPTIMIZER.fullmatch(place) and name in OWN:
        return ""
    if place == "arguments":
        hints = get_type_hints(kind := models.kind(search.model))
        known = [f.name for f in fields(kind)]
        if name not in known:
            return f"no such field of {search.model}{validation.allowed(name, known)}"
        if hints[name] is float:
            return ""
    own = ", ".join(f"train.optimizer.{name}" for name in OWN)
    return (
        "is one for all replicas of a run, so it belongs in `structures`; "
        f"drawn are {own} and real numbers of arguments"
    )


def flat(block: Settings) -> dict[str, Any]:
    """The keys of a block in one line each: {"train.optimizer.lr": 1e-3, ...}."""
    found: dict[str, Any] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for part, inner in value.items():
                put(f"{name}.{part}", inner)
        else:
            found[name] = value

    put("arguments", block.arguments)
    put("train", block.train)
    return found


def nested(keys: dict[str, Any]) -> dict[str, Any]:
    """Blocks again of keys in one line each."""
    found: dict[str, Any] = {}
    for key, value in keys.items():
        *path, last = key.split(".")
        block = found
        for part in path:
            block = block.setdefault(part, {})
        block[last] = value
    return found
