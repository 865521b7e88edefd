"""What stands in the files of results: all of them are written and read through here.

    work/<fingerprint>/run.json, runs/<experiment>/<run>/run.json    Record
    work/<fingerprint>/done.json                                     Done
    reports/metrics/<experiment>.json                                Measurements
    reports/claims.json                                              Verdicts (judged.py)

`format` is the version of a file, `sha256` its seal (seal.py). What is not as written here is
refused in one line that names file and key. null stands for a number that is not finite.
"""

import json
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pipeline.results.fields import STRICT, Key, Number, Real, Sha256
from pipeline.results.files import read_json, write_json
from pipeline.results.judged import Basis as Basis
from pipeline.results.judged import Correction as Correction
from pipeline.results.judged import Decided as Decided
from pipeline.results.judged import Open as Open
from pipeline.results.judged import Prediction as Prediction
from pipeline.results.judged import StudyWide as StudyWide
from pipeline.results.judged import Verdicts as Verdicts
from pipeline.results.judged import Withdrawn as Withdrawn
from pipeline.results.seal import opened, sealed
from pipeline.study import validation
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Budget, Train

T = TypeVar("T")


class Outdated(StudyError):
    """A file of an older version: its stage has to write it again."""


@dataclass(frozen=True, config=STRICT)
class Data:
    """The data of a run: the set, the digest of its file, and what a model is told of it."""

    name: str
    digest: Sha256
    shape: list[int]  # of an example
    features: int | None = None
    classes: int | None = None
    levels: int | None = None


@dataclass(frozen=True, config=STRICT)
class Diverged:
    """A replica that stands still, from the round on at which a number was not finite."""

    replica: int
    seed: int
    round: int
    player: str
    step: int  # of the player in that round
    quantity: str  # "term", "gradient", "weights" or "memory"
    term: str


@dataclass(frozen=True, config=STRICT)
class Record:
    """run.json: what decides the result of a run, and what was found out when it began."""

    code: str  # hash of the code that it runs
    model: str
    arguments: dict[str, Any]
    data: Data
    train: Train
    device: str
    threads: int
    chunk: int
    compiled: bool
    fingerprint: str
    parameters: dict[str, int]  # of each network, in one replica
    players: dict[str, list[str]]  # the networks that each moves
    versions: dict[str, str]
    diverged: list[Diverged] = field(default_factory=list)
    format: int = 2


@dataclass(frozen=True, config=STRICT)
class File:
    """The size and the digest of a file's bytes."""

    sha256: Sha256
    bytes: int


@dataclass(frozen=True, config=STRICT)
class Maker:
    """What had a part in a result, from a round on: a run may go on elsewhere."""

    from_round: int
    versions: dict[str, str]
    machine: dict[str, str | int]


@dataclass(frozen=True, config=STRICT)
class Done:
    """done.json: a result is whole when every file that it names is as it says."""

    fingerprint: str
    files: dict[str, File]
    made_by: list[Maker] = field(default_factory=list)
    format: int = 2


@dataclass(frozen=True, config=STRICT)
class Metric:
    """A number per replica, the interval of their mean, and the reference value beside it."""

    title: str
    unit: str
    values: list[Number]  # one per seed, or one in all
    mean: Number
    low: Number
    high: Number
    level: Real
    reference: Number
    reference_is: str
    better: Literal["higher", "lower", "reference"]
    share: bool = False  # values are 0 and 1, and the mean is the share of the ones
    least: Number = None  # the range of the values, which the intervals do not leave
    most: Number = None
    predicted: Prediction | None = None  # where the mean of as many new seeds lies


@dataclass(frozen=True, config=STRICT)
class Histogram:
    """The share of each of K classes per replica, and the reference shares."""

    title: str
    labels: list[str]
    values: list[list[Number]]  # (R, K)
    reference: list[Real]
    reference_is: str


@dataclass(frozen=True, config=STRICT)
class Series:
    """A number per replica at each of M snapshots."""

    title: str
    unit: str
    rounds: list[int]  # (M,)
    values: list[list[Number]]  # (R, M)
    reference: Number
    reference_is: str
    log: bool = False


@dataclass(frozen=True, config=STRICT)
class Profile:
    """Functions on the line at each of M snapshots, of the first replica."""

    title: str
    unit: str
    x: list[Number]  # (X,)
    lines: dict[str, list[list[Number]]]  # by name, (M, X) each
    rounds: list[int]  # (M,)


@dataclass(frozen=True, config=STRICT)
class MeasuredRun:
    """What was measured on a run, and of which training: params.yaml may have moved on."""

    fingerprint: str
    code: str
    model: str
    arguments: dict[str, Any]
    data: Data
    train: Train  # of a control: that of the run whose seeds it has
    draws: int  # that the experiment asked for
    metrics: dict[Key, Metric]
    histograms: dict[Key, Histogram] = field(default_factory=dict)
    series: dict[Key, Series] = field(default_factory=dict)
    profiles: dict[Key, Profile] = field(default_factory=dict)
    diverged: list[int] = field(default_factory=list)  # places of the replicas that stand still
    split: Literal["test", "validation"] = "test"
    control: bool = False  # no training: `model` is a file of pipeline/controls/

    @property
    def files(self) -> set[str]:
        """The files of pipeline/metrics/ that have measured it."""
        kinds = (self.metrics, self.histograms, self.series, self.profiles)
        return {key.partition(".")[0] for found in kinds for key in found}


@dataclass(frozen=True, config=STRICT)
class Measurements:
    """reports/metrics/<experiment>.json."""

    experiment: str
    runs: dict[str, MeasuredRun]
    budget: Budget = "cpu"
    format: int = 2


def plain(content: Any) -> dict[str, Any]:
    """A file's content as JSON has it: numbers that are not finite are None."""
    return TypeAdapter(type(content)).dump_python(content, mode="json")


def write(path: Path | str, content: Any) -> None:
    """Put content, one of the classes above, at path."""
    write_json(path, sealed(plain(content)))


def read(kind: type[T], path: Path | str) -> T:
    """What stands in the file at path. kind: the class of its content."""
    return parse(kind, read_json(path), path)


def parse(kind: type[T], content: Any, path: Path | str) -> T:
    """The content of the file at path, as json reads it, held to its class."""
    ours = kind.format  # type: ignore[attr-defined]
    if isinstance(content, dict):
        theirs = content.get("format", 1)
        if isinstance(theirs, int) and theirs > ours:
            raise StudyError(
                f"{path}: format {theirs} is newer than this code, which reads {ours}", DATA
            )
        if isinstance(theirs, int) and theirs < ours:
            raise Outdated(
                f"{path}: format {theirs} is older than this code, which reads {ours}; "
                "run the stage that makes it again",
                DATA,
            )
    content = opened(content, path)
    try:
        return TypeAdapter(kind).validate_json(json.dumps(content))
    except ValidationError as error:
        first, *more = validation.told(error)
        rest = f"; and {len(more)} more" if more else ""
        raise StudyError(f"{path}: {first}{rest}", DATA) from None
