"""The measuring of runs on a cluster: each row of a table is a task.

A task gets params.yaml and links by name to the files of its run, of the evaluation classifiers
and to the data, all known by their SHA-256, and calls pipeline/stages/evaluate.py there.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cluster.driver import Driver
from pipeline.cluster.link import Link
from pipeline.cluster.pieces import Message
from pipeline.results import control_run
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

STAGE = "pipeline.stages.evaluate"
Rows = dict[str, Any]  # by name: a schema.MeasuredRun


class Row:
    """A run or a control of an experiment."""

    reached = 0  # a row is short, and measured from its beginning each time

    def __init__(self, settings: Study, experiment: str, name: str, files: Mapping[str, Path]):
        """files: where the content of each file is that the row is measured with."""
        self.settings, self.experiment, self.name = settings, experiment, name
        self.files, self.label = files, f"{experiment}.{name}"
        self.over, self.result = False, None
        self.error: StudyError | None = None

    def start(self, link: Link) -> Any:
        asked = self.settings.experiments[self.experiment]
        modules = [STAGE, *(f"pipeline.metrics.{metric}" for metric in asked.metrics)]
        modules += [f"pipeline.controls.{control}" for control in asked.controls]
        modules += sorted({f"pipeline.models.{run.model}" for run in asked.runs.values()})
        files = {name: link.keep(file) for name, file in self.files.items()}
        what = STAGE, "row", (self.experiment, self.name)
        return link.start("call", f"evaluate {self.label}", modules, what, files)

    def take(self, message: Message, where: str) -> None:
        self.result = message.get("result", self.result)
        self.over = "done" in message

    def failed(self, error: StudyError) -> None:
        self.error, self.over = error, True

    def lost(self) -> None:
        pass


def measured(
    settings: Study,
    address: str,
    wanted: Mapping[str, Sequence[str]],
    read: Mapping[str, Mapping[str, Path]],
    own: str,
) -> dict[str, Rows | None]:
    """The rows of each experiment; None of one that failed, and that will say why in its stage.

    wanted: {experiment: names of its rows}. read: the files of its runs, and of the evaluation
    classifiers, as runs/... own: the experiment whose failure is this stage's.
    """
    found: dict[str, Rows | None] = {experiment: {} for experiment in wanted}
    with Link(settings, address) as link:
        run = Driver(link, lambda line: print(line, file=sys.stderr, flush=True))
        for experiment, names in wanted.items():
            for name in names:
                files = _files(settings, experiment, name, read[experiment])
                run.add(Row(settings, experiment, name, files))  # type: ignore[arg-type]
        for row in run.run():
            assert isinstance(row, Row)
            if row.error and row.experiment == own:
                raise row.error
            rows = found[row.experiment]
            if row.error or rows is None:
                found[row.experiment] = None
            else:
                rows[row.name] = row.result
    return {e: rows and {name: rows[name] for name in wanted[e]} for e, rows in found.items()}


def _files(settings, experiment, name, read):
    """What a row is measured with: params.yaml, data, its own run, the evaluation classifiers."""
    asked, classifiers = settings.experiments[experiment], settings.evaluation_classifier
    run = asked.runs[name] if name in asked.runs else control_run.like(asked)
    data = {run.data}
    for judge in classifiers.values():
        e, _, r = judge.partition("/")
        data.add(settings.experiments[e].runs[r].data)
    folders = [f"runs/{experiment}/{name}/", *(f"runs/{judge}/" for judge in classifiers.values())]
    files = {f"data/{each}.npz": Path("data", f"{each}.npz") for each in sorted(data)}
    files = {file: path for file, path in files.items() if path.is_file()}
    files["params.yaml"] = Path("params.yaml")
    return files | {f: path for f, path in read.items() if f.startswith(tuple(folders))}
