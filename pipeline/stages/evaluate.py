"""Stage evaluate: every replica of an experiment's runs, measured on test data.

    python -m pipeline evaluate EXPERIMENT

reads   params.yaml, data/, runs/<experiment>/<run>/, the evaluation classifier's
writes  reports/metrics/<experiment>.json    a value per replica, the intervals of their mean and
                                             of that of new seeds
        reports/summary/<experiment>.json    the experiment in one row, for `dvc metrics show`
        reports/curves/<experiment>/         a term's mean by round, a file each, for `dvc plots`
        reports/shown/<experiment>.npz       the images of its figures, for the page

No seed is left out, and nothing is selected on test data. A replica that is not finite has null
for a value. Runs and controls (pipeline/controls/) are measured side by side, a process each.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from pipeline.execution import machine, own
from pipeline.execution.code_hash import training_code
from pipeline.execution.control_code import control_code
from pipeline.execution.device import device_of
from pipeline.execution.side_by_side import side_by_side
from pipeline.metrics import BY_ROUND, Histogram, Measured, Profile, Series, needed
from pipeline.models import roles
from pipeline.results import control_run, curves, overview, schema, sheets, shelf
from pipeline.results.files import write_json, write_text
from pipeline.results.trained_run import Replicas, Trained
from pipeline.stages import unmoved
from pipeline.study import reader, validation
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Study
from pipeline.verdicts import estimate, prediction, within

VALUE = re.compile(r"[a-z][a-z0-9_]*")  # a name that a metric gives to one of its values


def main(experiment: str) -> None:
    with unmoved.study(partial(_decides, experiment), partial(_read, experiment)) as settings:
        torch.set_num_threads(settings.threads)
        with threadpool_limits(settings.threads):  # scikit-learn's and NumPy's too
            of(settings, experiment)


def _decides(experiment: str, settings: Study) -> tuple:
    """What of params.yaml decides the numbers of an experiment."""
    if experiment not in settings.experiments:
        hint = validation.allowed(experiment, settings.experiments)
        raise StudyError(f"{reader.FILE}: experiment {experiment!r} is unknown{hint}")
    asked = settings.experiments[experiment].model_copy(update={"question": ""})
    data = {run.data: settings.data[run.data] for run in asked.runs.values()}
    return asked, data, settings.evaluation_classifier


def _read(experiment: str, settings: Study) -> list[Path]:
    """The files that decide them: data, and the results of the runs and of the classifiers."""
    runs = settings.experiments[experiment].runs
    folders = [Path("runs", experiment, run) for run in runs]
    folders += [Path("runs", *run.split("/")) for run in settings.evaluation_classifier.values()]
    data = [Path("data", f"{run.data}.npz") for run in runs.values()]
    return data + [folder / name for folder in folders for name in shelf.RESULT]


def of(settings: Study, experiment: str) -> None:
    """Measures one experiment, as main does."""
    asked = settings.experiments[experiment]
    device = device_of(settings.device)
    trained = {name: Trained(settings, experiment, name, device) for name in asked.runs}
    for run in trained.values():
        _by_this_code(run)
    rows: dict[str, Replicas] = dict(trained)
    for name, row in control_run.rows(asked).items():
        rows[name] = control_run.Control(settings, experiment, name, control_code(row.control))
    flat = asked.converged.metric if asked.converged else None
    measures = partial(measured, metrics=asked.metrics, flat=flat)
    many = 1 if device != "cpu" else settings.processes or machine.cores()
    at_once = min(len(rows), many)  # a forked process cannot have the parent's GPU
    runs = dict(zip(rows, side_by_side(measures, rows.values(), at_once), strict=True))
    runs = predicted(runs)
    report = schema.Measurements(experiment, runs, settings.budget)
    schema.write(f"reports/metrics/{experiment}.json", report)
    write_json(f"reports/summary/{experiment}.json", overview.row(asked, runs))
    tables = {
        Path("reports", "curves", experiment, f"{name}-{term}.csv"): table
        for name, run in trained.items()
        for term, table in curves.tables(
            curves.read(run.folder / "curves.csv", len(run.seeds))
        ).items()
    }
    for path, table in tables.items():
        write_text(path, table)
    own.replace(f"evaluate-{experiment}", tables)
    sheets.write(f"reports/shown/{experiment}.npz", shown(trained, asked.figures))
    for name, found in runs.items():
        told = (
            f"{key} {_short(m.mean)} [{_short(m.low)}, {_short(m.high)}]"
            for key, m in found.metrics.items()
        )
        print(f"{experiment}.{name}: {'; '.join(told)}")


def _by_this_code(run):
    """Raises StudyError for a run that was trained by other code than is here."""
    if run.record.code != (now := training_code(run.record.model, run.record.device)):
        raise StudyError(
            f"{run.folder}: trained by other code ({run.record.code}, here {now}); "
            "run stage train again",
            DATA,
        )


def measured(run: Replicas, metrics: Iterable[str], flat: str | None = None) -> schema.MeasuredRun:
    """All that reports/metrics says of a run, or of a control what it has the roles for.

    flat: the curve that says whether a run has converged.
    """
    control = isinstance(run, control_run.Control)
    found = values(run, able(run, metrics) if control else metrics)
    if flat and flat not in found and run.snapshots:
        found[flat] = by_round(run, flat.removesuffix(BY_ROUND))
    record = run.record
    return schema.MeasuredRun(
        fingerprint=record.fingerprint,
        code=record.code,
        model=record.model,
        arguments=record.arguments,
        data=record.data,
        train=record.train,
        draws=run.draws,
        split=run.split,
        control=control,
        metrics={k: _metric(m) for k, m in found.items() if isinstance(m, Measured)},
        histograms={
            k: schema.Histogram(**_lists(h._asdict()))
            for k, h in found.items()
            if isinstance(h, Histogram)
        },
        series={
            k: schema.Series(**_lists(s._asdict()))
            for k, s in found.items()
            if isinstance(s, Series)
        },
        profiles={
            k: schema.Profile(**_lists(_drawn(p)))
            for k, p in found.items()
            if isinstance(p, Profile)
        },
        diverged=list(run.diverged),
    )


def predicted(runs: Mapping[str, schema.MeasuredRun]) -> dict[str, schema.MeasuredRun]:
    """The runs of an experiment, each mean with the interval for as many new seeds.

    Below ten seeds that takes the deviation of all runs that scatter alike; of a control it takes
    its own, for true samples, say, vary far less than trainings do.
    """
    found: dict[str, dict[str, schema.Metric]] = {name: {} for name in runs}
    for key in dict.fromkeys(key for run in runs.values() for key in run.metrics):
        given = {name: run.metrics[key] for name, run in runs.items() if key in run.metrics}
        share = all(metric.share for metric in given.values())
        trained = [name for name in given if not runs[name].control]
        told = dict[str, prediction.Prediction | None]()
        for alike in (trained, *([name] for name in given if name not in trained)):
            columns = {name: given[name].values for name in alike}
            where = {name: within.Range(given[name].least, given[name].most) for name in alike}
            told |= prediction.of_runs(columns, share, where=where)
        for name, p in told.items():
            new = None if p is None else schema.Prediction(**p._asdict())
            found[name][key] = replace(given[name], predicted=new)
    return {name: replace(run, metrics=found[name]) for name, run in runs.items()}


def able(run: Replicas, metrics: Iterable[str]) -> list[str]:
    """Those of the metrics that a control can be measured with."""
    modules = {name: import_module(f"pipeline.metrics.{name}") for name in metrics}
    return [
        name
        for name, module in modules.items()
        if not getattr(module, "SNAPSHOTS", 0)
        and not needed(module, type(run.model), run.model, run.dataset, run.split)
    ]


def values(run: Replicas, metrics: Iterable[str]) -> dict[str, Any]:
    """What each metric measures on a run, under <file>.<value>: a key leads to its code."""
    found: dict[str, Any] = {}
    for metric in metrics:
        module = import_module(f"pipeline.metrics.{metric}")
        measured = dict(module.measure(run))
        if run.averaged and not getattr(module, "SNAPSHOTS", 0):  # snapshots are of last weights
            measured |= {
                f"{value}_average": m._replace(title=f"{m.title}, average of weights")
                for value, m in module.measure(run.averaged).items()
                if isinstance(m, Measured)
            }
        for value, what in measured.items():
            key = f"{metric}.{value}"
            if key in found or not VALUE.fullmatch(value):
                problem = "measured twice" if key in found else "no name for a value"
                raise StudyError(f"{run.folder}: {key!r} of pipeline/metrics: {problem}")
            found[key] = _of_finite(what, run)
    return found


def by_round(run: Replicas, key: str) -> Series:
    """A metric at each snapshot, of the same latents at all. key: <file>.<value>."""
    metric, _, value = key.partition(".")
    module = import_module(f"pipeline.metrics.{metric}")
    found = [module.measure(run.at(i)).get(value) for i in range(len(run.snapshots))]
    if not all(isinstance(m, Measured) for m in found):
        raise StudyError(f"{run.folder}: {metric} gives no {value!r} of this run, to be converged")
    last, columns = found[-1], zip(*(m.values for m in found), strict=True)
    told = Series(
        last.title, last.unit, run.snapshots, list(columns), last.reference, last.reference_is
    )
    series: Series = _of_finite(told, run)
    return series


def _of_finite(m: Any, run: Replicas) -> Any:
    """A metric, without a value of the replicas that stand still: these count for nothing."""
    if not isinstance(m, Measured | Series) or len(m.values) != len(run.seeds):
        return m
    none: Any = [math.nan] * len(m.rounds) if isinstance(m, Series) else math.nan
    values: Any = [none if r in run.diverged else v for r, v in enumerate(m.values)]
    return m._replace(values=values)


def shown(runs: Mapping[str, Trained], figures: Iterable[str]) -> Iterator[sheets.Sheet]:
    """The sheets of an experiment's figures. Runs of one data set stand on one sheet."""
    for figure in figures:
        module = import_module(f"pipeline.figures.{figure}")
        able = {n: r for n, r in runs.items() if not roles.lacking(r.model, module.NEEDS)}
        for data in dict.fromkeys(run.run.data for run in able.values()):
            alike = {name: run for name, run in able.items() if run.run.data == data}
            shape = next(iter(alike.values())).dataset.shape
            for sheet in module.show(alike) if len(shape) > 1 else []:
                yield sheets.Sheet(
                    figure,
                    sheet.title,
                    sheet.note,
                    sheet.rows,
                    sheet.images.cpu().numpy(),
                    shape,
                    {name: run.record.fingerprint for name, run in alike.items()},
                )


def _metric(m: Measured) -> schema.Metric:
    where = within.Range(m.least, m.most)
    values = list(m.values)
    mean, low, high = estimate.share(values) if m.share else estimate.mean(values, where)
    return schema.Metric(
        **_lists(m._asdict()), mean=mean, low=low, high=high, level=estimate.LEVEL
    )


def _lists(block: Mapping[str, Any]) -> dict[str, Any]:
    """Sequences as lists, as a file has them."""

    def plain(x):
        return [plain(v) for v in x] if isinstance(x, Sequence) and not isinstance(x, str) else x

    return {key: plain(x) for key, x in block.items()}


def _drawn(p: Profile) -> dict[str, Any]:
    def five(row):  # no drawing shows a sixth digit
        return [float(f"{v:.5g}") if math.isfinite(v) else None for v in row]

    lines = {name: [five(row) for row in rows] for name, rows in p.lines.items()}
    return p._asdict() | {"x": five(p.x), "lines": lines}


def _short(value):
    return "-" if value is None else f"{value:.4g}"
