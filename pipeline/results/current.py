"""Which runs and metrics of the current params.yaml have been measured.

A report may be older than its experiment: a run or a metric was added, an argument was changed, a
run was retrained. Such numbers belong to another study. They are left out here, so that pages and
verdicts say "not yet measured" instead. One outdated run hides no other, and a partly measured
study can be viewed.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from pipeline.results import control_run, schema
from pipeline.results.files import digest
from pipeline.results.schema import MeasuredRun, Verdicts
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Experiment, Run

NOT_YET = "not yet measured"
T = TypeVar("T")


def measured(name: str, experiment: Experiment) -> dict[str, MeasuredRun]:
    """The runs of an experiment that have been measured with their current settings, in order.

    They have the values of the metrics that the experiment lists now; a metric that is newer than
    the report has none. A report that cannot be read is an error, one of an older version is not.

    name: that of the experiment.
    """
    found = _read(name)
    return {
        run: _asked(found[run], experiment.metrics)
        for run, block in experiment.runs.items()
        if run in found
        and not found[run].control
        and _is_of(found[run], block, experiment)
        and _is_trained_so(found[run], Path("runs", name, run, "run.json"))
    }


def controls(
    name: str, experiment: Experiment, code: Callable[[str], str]
) -> dict[str, MeasuredRun]:
    """The rows of an experiment's controls that have been measured as they stand, in its order.

    name: the experiment's. code: the hash of what a control is made by.
    """
    found, like = _read(name) if experiment.controls else {}, control_run.like(experiment)
    told = {}
    for row, (control, arguments) in control_run.rows(experiment).items():
        if (one := found.get(row)) is None or not one.control:
            continue
        file = Path("data", f"{like.data}.npz")
        now = digest(file) if file.is_file() else one.data.digest
        data = replace(one.data, name=like.data, digest=now)
        due = control_run.Definition(code(control), control, arguments, data, like.train)
        asked = due.fingerprint, experiment.draws, experiment.split
        if (one.fingerprint, one.draws, one.split) == asked:
            told[row] = _asked(one, experiment.metrics)
    return told


def warn(experiments: Mapping[str, Experiment]) -> None:
    """One line on standard error where runs were measured otherwise than they stand now."""
    told = [
        f"{name}.{run}"
        for name, experiment in experiments.items()
        for run in experiment.runs.keys() & _read(name).keys() - measured(name, experiment).keys()
    ]
    if told:
        more = f" and {len(told) - 5} more" if len(told) > 5 else ""
        print(
            f"warning: {', '.join(sorted(told)[:5])}{more}: measured with other settings or of "
            "another training than there is now, and so left out; `dvc repro` measures them",
            file=sys.stderr,
        )


class Stale(StudyError):
    """Verdicts that were decided from other numbers than there are."""


def files(experiments: Mapping[str, Experiment]) -> dict[str, str]:
    """The SHA-256 of each of these experiments' files of reports/metrics that is there."""
    return {str(p): digest(p) for name in experiments if (p := _path(name)).is_file()}


def verdicts() -> Verdicts:
    """The ledger with its verdicts. Raises Stale where they are not of reports/metrics."""
    path = Path("reports", "claims.json")
    found = schema.read(Verdicts, path)
    for name, sha in found.decided_from.items():
        if not Path(name).is_file() or digest(name) != sha:
            raise Stale(
                f"{path}: stale, decided from another {name}; run `python -m pipeline claims`",
                DATA,
            )
    return found


def _path(name: str) -> Path:
    return Path("reports", "metrics", f"{name}.json")


def _read(name: str) -> dict[str, MeasuredRun]:
    path = _path(name)
    try:
        return _parsed(path, digest(path)) if path.is_file() else {}
    except schema.Outdated:
        return {}


@cache
def _parsed(path: Path, sha: str) -> dict[str, MeasuredRun]:
    """The runs in a report. sha: of its bytes, so that another content is read again."""
    return schema.read(schema.Measurements, path).runs


def waiting(
    experiment: Experiment, found: dict[str, MeasuredRun], run: str | None = None
) -> list[str]:
    """What is not yet measured in an experiment: runs, and missing metrics of measured runs.

    found: its measured runs. run: restricts the answer to this run.
    """
    told = []
    for name in [run] if run else experiment.runs:
        if name not in found:
            told.append(name)
        else:
            lacking = [m for m in experiment.metrics if m not in found[name].files]
            told += [f"{metric} of {name}" for metric in lacking]
    return told


def _is_of(found: MeasuredRun, run: Run, asked: Experiment) -> bool:
    """Whether a run was measured with its current model, settings, draws and split."""
    of = (found.model, found.arguments, found.data.name, found.train, found.draws, found.split)
    return of == (run.model, run.arguments, run.data, run.train, asked.draws, asked.split)


def _is_trained_so(found: MeasuredRun, record: Path) -> bool:
    """Whether the data and the training that are present, if any, are those that were measured."""
    data = Path("data", f"{found.data.name}.npz")
    if data.is_file() and digest(data) != found.data.digest:
        return False
    try:
        return not record.is_file() or (
            schema.read(schema.Record, record).fingerprint == found.fingerprint
        )
    except schema.Outdated:
        return False


def _asked(found: MeasuredRun, metrics: list[str]) -> MeasuredRun:
    """The measured run with the values of these metrics only."""

    def asked(values: dict[str, T]) -> dict[str, T]:
        return {key: v for key, v in values.items() if key.partition(".")[0] in metrics}

    return replace(
        found,
        metrics=asked(found.metrics),
        histograms=asked(found.histograms),
        series=asked(found.series),
        profiles=asked(found.profiles),
    )
