"""The inputs of the page: the files of a study, read and checked for consistency.

A number on the page must belong to the weights that it is shown with, and to the current
params.yaml; any other counts as not yet measured (pipeline/results/current.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from markupsafe import Markup

from pipeline.results import current, curves, kept, schema, sheets, shelf
from pipeline.results.files import read_npz
from pipeline.results.kept import Kept
from pipeline.results.schema import MeasuredRun, Record, Verdicts
from pipeline.results.sheets import Sheet
from pipeline.study import trainings
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Experiment


@dataclass(frozen=True)
class Finished:
    """A run, trained and evaluated."""

    name: str
    record: Record | None  # None where its files are not here
    measured: MeasuredRun
    curves: curves.Curves
    samples: np.ndarray  # (R, n, features); n = 0 where the model draws none
    settings: str = trainings.NOT_FROZEN  # how they stand to those that were frozen
    part: Markup | None = None  # of the last page, where its files are not here

    @property
    def seeds(self) -> list[int]:
        """The seeds of its replicas."""
        return self.measured.train.seeds

    @property
    def replicas(self) -> list[str]:
        """What each is called: by its seed, and by its place where a seed was used with many
        settings."""
        return called(self.seeds)

    @property
    def remark(self) -> str:
        """What a reader must know of its settings: a user's own, or frozen too late."""
        return self.settings if self.settings in (trainings.YOURS, trainings.REUSED) else ""

    @property
    def key(self) -> str:
        """A digest of what the page shows of it."""
        return kept.key_of_run(self.measured, self.remark)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.measured.data.shape)


@dataclass(frozen=True)
class Control:
    """A row that is no training (pipeline/controls/)."""

    name: str
    measured: MeasuredRun

    @property
    def seeds(self) -> list[int]:
        """The names of its replicas."""
        return self.measured.train.seeds

    @property
    def replicas(self) -> list[str]:
        """What each is called."""
        return called(self.seeds)


def called(seeds: list[int]) -> list[str]:
    """Replicas by their seeds, and by their places where a seed was used more than once."""
    return [
        f"seed {seed}" if seeds.count(seed) == 1 else f"replica {place}, seed {seed}"
        for place, seed in enumerate(seeds)
    ]


def read_run(experiment: str, run: str, measured: MeasuredRun) -> Finished:
    """One run with its numbers. measured: its record in reports/metrics."""
    folder = Path("runs", experiment, run)
    shelf.verify(folder, ("run.json", "curves.csv", "samples.npz"))
    record = schema.read(Record, folder / "run.json")
    replicas = len(record.train.seeds)
    samples = np.zeros((replicas, 0, int(np.prod(record.data.shape))), np.float32)
    if (folder / "samples.npz").is_file():
        samples = read_npz(folder / "samples.npz")["x"]
        if samples.ndim != 3 or len(samples) != replicas:
            raise StudyError(
                f"{folder / 'samples.npz'}: x has shape {samples.shape}, "
                f"not ({replicas}, n, features)",
                DATA,
            )
    return Finished(run, record, measured, curves.read(folder / "curves.csv", replicas), samples)


def read_experiment(name: str, experiment: Experiment, last: Kept | None = None) -> list[Finished]:
    """The measured runs of an experiment, in the order of params.yaml.

    last: the last page, which stands for runs that are not here.
    """
    found = current.measured(name, experiment)
    known = trainings.frozen()
    runs = []
    for run, measured in found.items():
        settings = trainings.standing(f"{name}/{run}", experiment.runs[run], known)
        none = np.zeros((len(measured.train.seeds), 0, 1), np.float32)
        away = Finished(run, None, measured, {}, none, settings)
        here = Path("runs", name, run, "run.json").is_file()
        if not here and last and (part := last(f"run:{name}/{run}", away.key)):
            runs.append(replace(away, part=part))
        else:
            runs.append(replace(read_run(name, run, measured), settings=settings))
    return runs


def read_controls(name: str, experiment: Experiment, code: Callable[[str], str]) -> list[Control]:
    """The controls of an experiment that are measured as they stand.

    code: the hash of what a control is made by.
    """
    return [
        Control(row, measured)
        for row, measured in current.controls(name, experiment, code).items()
    ]


def read_sheets(experiment: str, figures: list[str], runs: list[Finished]) -> list[Sheet]:
    """The sheets of an experiment's figures that were made from the current training of its runs.

    figures: the names that the experiment lists.
    """
    if not runs:
        return []
    trained = {run.name: run.measured.fingerprint for run in runs}
    file = Path("reports", "shown", f"{experiment}.npz")
    if any(run.part for run in runs) and not file.is_file():
        return []
    return [
        sheet
        for sheet in sheets.read(file)
        if sheet.figure in figures and sheet.fingerprints.items() <= trained.items()
    ]


def read_claims() -> Verdicts:
    """The ledger with its verdicts."""
    return current.verdicts()
