"""The measuring of experiments on a cluster: each is a task.

A task gets params.yaml, and links by name to the data and to the files of the runs and of the
evaluation classifiers, all known by their SHA-256. There it measures the experiment as its stage
would (pipeline/stages/evaluate.py), and it gives back what that prints and writes.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.cluster.driver import Driver
from pipeline.cluster.link import Link
from pipeline.cluster.pieces import Message
from pipeline.execution import units
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

STAGE = "pipeline.stages.evaluate_ahead"
Made = tuple[list[str], dict[str, bytes]]  # lines that were printed, and files by name


class Table:
    """An experiment, with all rows of its table."""

    reached = 0  # it is measured from its beginning each time

    def __init__(self, settings: Study, experiment: str, files: Mapping[str, Path]):
        """files: where the content of each file is that it is measured with."""
        self.settings, self.experiment, self.label = settings, experiment, f"evaluate {experiment}"
        self.files, self.over = files, False
        self.found: Made | StudyError | None = None

    def start(self, link: Link) -> Any:
        files = {name: link.keep(file) for name, file in self.files.items()}
        what = STAGE, "there", (self.experiment, link.device)
        return link.start("call", self.label, self._modules(), what, files)

    def _modules(self):
        asked = self.settings.experiments[self.experiment]
        kinds = {
            "metrics": asked.metrics,
            "controls": asked.controls,
            "figures": asked.figures,
            "models": {run.model for run in asked.runs.values()},
        }
        named = {f"pipeline.{kind}.{name}" for kind, names in kinds.items() for name in names}
        return [STAGE, *sorted(named)]

    def take(self, message: Message, where: str) -> None:
        self.found = message.get("result", self.found)
        self.over = "done" in message

    def failed(self, error: StudyError) -> None:
        self.found, self.over = error, True

    def lost(self) -> None:
        pass


def measured(
    settings: Study, address: str, read: Mapping[str, Mapping[str, Path]]
) -> dict[str, Made | StudyError]:
    """What each experiment prints and writes, or why it fails.

    read: {experiment: the files of its runs and of the evaluation classifiers, as runs/...}.
    """
    found: dict[str, Made | StudyError] = {}
    device = units.units(settings, next(iter(read)))[0].device.partition(":")[0]
    with Link(settings, address, device) as link:
        driver = Driver(link, lambda line: print(line, file=sys.stderr, flush=True))
        for experiment, files in read.items():
            driver.add(Table(settings, experiment, files | _beside(settings, experiment)))
        for job in driver.run():
            assert isinstance(job, Table)
            assert job.found is not None
            found[job.experiment] = job.found
    return found


def _beside(settings, experiment):
    """What an experiment is measured with beside its runs: params.yaml and data."""
    runs = list(settings.experiments[experiment].runs.values())
    for name in settings.evaluation_classifier.values():
        other, _, run = name.partition("/")
        runs.append(settings.experiments[other].runs[run])
    files = [Path("params.yaml"), *{Path("data", f"{run.data}.npz") for run in runs}]
    return {file.as_posix(): file for file in files if file.is_file()}
