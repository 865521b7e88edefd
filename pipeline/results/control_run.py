"""A control in the place of a trained run: fitted, or drawn from the data, and measured alike.

It has the data, the seeds and the draws of the experiment's runs (pipeline/controls/). What it is
made of decides a fingerprint, as the training of a run decides that of the run.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch

from pipeline import controls
from pipeline.engine.ensemble import Ensemble
from pipeline.results import data, schema
from pipeline.results.files import digest
from pipeline.results.trained_run import Replicas
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Experiment, Run, Study, Train


@dataclass(frozen=True)
class Definition:
    """What decides a control, by the names that a run's record has for it."""

    code: str
    model: str
    arguments: Mapping[str, Any]
    data: schema.Data
    train: Train  # of the run whose seeds it has; nothing is trained

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits of code, control, arguments, data and seeds."""
        told = [self.code, self.model, dict(self.arguments), self.data.digest, self.train.seeds]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def like(experiment: Experiment) -> Run:
    """The run whose data and seeds the controls have: of those with most seeds, the first."""
    return max(experiment.runs.values(), key=lambda run: len(run.train.seeds))


def rows(experiment: Experiment) -> dict[str, controls.Row]:
    """The rows of an experiment's controls, by name."""
    if not experiment.controls:
        return {}
    return controls.rows(experiment.controls, [run.arguments for run in experiment.runs.values()])


class Control(Replicas):
    """The replicas of a control."""

    def __init__(self, settings: Study, experiment: str, name: str, code: str):
        """name: of its row. code: a hash of what it is made by."""
        self.settings, self.folder = settings, Path("runs", experiment, name)
        asked = settings.experiments[experiment]
        row, self.run = rows(asked)[name], like(asked)
        self.draws, self.split = asked.draws, asked.split
        file = Path("data", f"{self.run.data}.npz")
        if not file.is_file():
            raise StudyError(f"{file}: no such file; run stage prepare", DATA)
        self.dataset, self.seeds = settings.data[self.run.data], self.run.train.seeds
        given = self.dataset
        told = schema.Data(
            self.run.data,
            digest(file),
            list(given.shape),
            given.features,
            given.classes,
            given.levels,
        )
        self.record = Definition(code, row.control, row.arguments, told, self.run.train)
        loaded = data.load(self.run.data, self.dataset)
        arrays = {
            pool: {name: torch.from_numpy(array) for name, array in own.items()}
            for pool, own in loaded.items()
            if pool != "test"  # nothing is fitted to what is measured on
        }
        examples: dict[str, Any] = {s: arrays[s]["x"] for s in ("train", "validation")}
        kind = controls.kind(row.control).Control
        if any(f.name == "pools" for f in fields(kind)):
            examples["pools"] = arrays
        self.model = kind(self.dataset, **examples, **row.arguments)

    @cached_property
    def ensemble(self) -> Ensemble:  # type: ignore[override]
        """Fitted when it is first asked for: in the process that measures."""
        return controls.ensemble(self.model, self.seeds)

    @property
    def snapshots(self) -> list[int]:
        return []

    def at(self, snapshot: int) -> Self:
        raise IndexError(snapshot)

    @property
    def diverged(self) -> list[int]:
        return []

    @property
    def averaged(self) -> None:
        return None
