"""What decides a training, as params.yaml states it, before anything is trained.

    settings    model, arguments, data and how it is trained, without what only watches it
    training    settings and one seed: two runs that share one share its accidents

Names of runs and the order of keys do not count, nor does a key at its default, so that a new
key of the study changes no hash. A fingerprint (pipeline/execution/units.py) holds the code and
the data's bytes as well: runs of one fingerprint have one hash here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pipeline.study import validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.schema import Experiment, Run

FILE = "settings.yaml"
HEAD = """\
# The settings at which each run was last frozen, as a hash, and its seeds; `used`: seeds that it
# was frozen with at other settings; `doubled`: what twice `once` rounds changed in the search that
# found them. Written by `python -m pipeline freeze`, never by hand
# (pipeline/study/trainings.py). A run that differs is shown as "yours, untuned".

"""
WATCHES = {"seeds", "log_every", "samples", "snapshots"}
FROZEN, YOURS, NOT_FROZEN = "frozen", "yours, untuned", "not frozen"
CONTROL = "a control"  # which nobody trains
REUSED = "frozen after its seeds had run"


def settings(run: Run) -> str:
    """16 hex digits of a run's settings.

    run: its block, with all that it inherits.
    """
    trained = run.train.model_dump(mode="json", exclude_defaults=True, exclude=WATCHES)
    decides = [run.data, run.model, run.arguments, trained]
    text = json.dumps(decides, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def trainings(run: Run) -> list[str]:
    """One name for each training of a run, the same in every run that it is a part of.

    run: its block, with all that it inherits.
    """
    own = settings(run)
    return [f"{own}/{seed}" for seed in run.train.seeds]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Doubled:
    """What a search found when it trained a run's settings for twice `once` rounds."""

    metric: str
    once: int
    change: Annotated[float, Field(allow_inf_nan=False)]  # of the mean over the tuning seeds
    seeds: int


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Frozen:
    """What was frozen of a run: its settings, its seeds, and seeds that had other settings before.

    A setting that changes after its seeds were trained moves on to seeds that were not.
    """

    settings: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    seeds: list[int]
    used: list[int] = field(default_factory=list)
    doubled: Doubled | None = None  # at its rounds, or at half of them


def frozen(path: Path | str = FILE) -> dict[str, Frozen]:
    """What was frozen, by experiment/run; nothing where no file says so.

    path: settings.yaml.
    """
    if not Path(path).is_file():
        return {}
    content = yaml.read(path, ["experiment/run"])
    try:
        return TypeAdapter(dict[str, Frozen]).validate_json(json.dumps(content))
    except ValidationError as error:
        lines = [f"{path}: {line}" for line in validation.told(error)]
        raise StudyError.of(lines) from None


def freeze(
    experiments: Mapping[str, Experiment],
    before: Mapping[str, Frozen],
    doubled: Mapping[str, Doubled],
) -> dict[str, Frozen]:
    """The runs as they stand, by experiment/run.

    experiments: of params.yaml. before: what was frozen until now. A run that is gone stays, so
    that its seeds are known to have been used if it comes back. doubled: by experiment/run.
    """
    after = dict(before)
    for e, experiment in experiments.items():
        for r, run in experiment.runs.items():
            old, own = before.get(f"{e}/{r}"), settings(run)
            used = list(old.used) if old else []
            if old and old.settings != own:
                used = sorted({*used, *old.seeds})
            after[f"{e}/{r}"] = Frozen(own, list(run.train.seeds), used, doubled.get(f"{e}/{r}"))
    return after


def text(known: Mapping[str, Frozen]) -> str:
    """The content of settings.yaml: the same for the same entries.

    known: by experiment/run.
    """
    lines = [
        f"{name}: {{ settings: '{f.settings}', seeds: {f.seeds}"
        + (f", used: {f.used}" if f.used else "")
        + (f", doubled: {_inline(f.doubled)}" if f.doubled else "")
        + " }\n"
        for name, f in sorted(known.items())
    ]
    return HEAD + ("".join(lines) or "{}\n")


def _inline(doubled):
    """The block of a doubling on one line; a change in four digits, as of three seeds."""
    change = float(f"{doubled.change:.4g}")
    return (
        f"{{ metric: {doubled.metric}, once: {doubled.once}, change: {change!r}, "
        f"seeds: {doubled.seeds} }}"
    )


class Standing(NamedTuple):
    """How a run's settings stand to those that were frozen, and what their search found."""

    settings: str  # FROZEN, REUSED, YOURS, NOT_FROZEN; CONTROL of what nobody trains
    doubled: Doubled | None = None
    paper: int | None = None  # the rounds of its paper, where it has fewer


def stands(name: str, run: Run, known: Mapping[str, Frozen]) -> Standing:
    """standing(), and what twice the rounds changed; of settings of one's own that is not known.

    Arguments as there.
    """
    settled = standing(name, run, known)
    entry = known.get(name)
    return Standing(settled, entry.doubled if entry and settled != YOURS else None)


def standing(name: str, run: Run, known: Mapping[str, Frozen]) -> str:
    """How a run's settings stand to those that were frozen; its seeds are free.

    name: experiment/run. known: from frozen(). Where nothing was ever frozen, nothing can differ.
    """
    if not known:
        return NOT_FROZEN
    entry = known.get(name)
    if entry is None or entry.settings != settings(run):
        return YOURS
    return REUSED if {*entry.used} & {*run.train.seeds} else FROZEN
