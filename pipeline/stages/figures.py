"""Command figures: every figure of experiments as SVG, each beside its numbers as CSV.

    python -m pipeline figures EXPERIMENT FOLDER

reads   params.yaml, reports/metrics/<experiment>.json, reports/curves/<experiment>/,
        runs/<experiment>/<run>/samples.npz where it is there
writes  FOLDER/<experiment>-<metric>.svg, .csv                  each replica, mean, interval
        FOLDER/<experiment>-<run>-<player>-<term>.svg, .csv     the mean over replicas by round
        FOLDER/<experiment>-<run>-samples.svg, .csv             the first replica's first samples

For slides and for drawings of one's own: nothing is computed that a stage has not measured. The
same files give the same bytes.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.execution.control_code import control_code
from pipeline.results import current
from pipeline.results.files import read_npz, write_bytes, write_text
from pipeline.results.schema import MeasuredRun
from pipeline.stages import check
from pipeline.study import reader, validation
from pipeline.study.errors import DATA, StudyError

STYLE: Any = {"svg.hashsalt": "dstar", "svg.fonttype": "none", "font.size": 11, "axes.grid": False}
INK, FAINT, REFERENCE = "#2c5f8f", "#2c5f8f66", "#b14a12"
IMAGES, POINTS = 40, 1000  # samples of a replica that are drawn


def main(experiment: str, folder: str) -> None:
    """Draw the figures of an experiment of the study in the current folder."""
    settings = check.study()
    if experiment not in settings.experiments:
        hint = validation.allowed(experiment, settings.experiments)
        raise StudyError(f"{reader.FILE}: experiment {experiment!r} is unknown{hint}")
    asked = settings.experiments[experiment]
    runs = current.measured(experiment, asked)
    if not runs:
        raise StudyError(
            f"{experiment}: {current.NOT_YET}; run `dvc repro evaluate@{experiment}`", DATA
        )
    rows = runs | current.controls(experiment, asked, control_code)
    made = 0
    with rc_context(STYLE):
        for key in dict.fromkeys(key for run in rows.values() for key in run.metrics):
            place = Path(folder, f"{experiment}-{key}")
            made += _metric(place, key, {n: r for n, r in rows.items() if key in r.metrics})
        for file in sorted(Path("reports", "curves", experiment).glob("*.csv")):
            made += _curve(Path(folder, f"{experiment}-{file.stem}"), file)
        for name, run in runs.items():
            file = Path("runs", experiment, name, "samples.npz")
            if file.is_file():
                made += _samples(Path(folder, f"{experiment}-{name}-samples"), file, run)
    print(f"{made} figures with their numbers: {Path(folder).resolve()}")


def _metric(place: Path, key: str, runs: dict[str, MeasuredRun]) -> bool:
    """A row for each run: its replicas, the mean with its interval, the reference value."""
    first = next(iter(runs.values())).metrics[key]
    figure = Figure(figsize=(7.0, 0.9 + 0.36 * len(runs)), layout="constrained")
    axes, told = figure.subplots(), list[Sequence[Any]]()
    for row, (name, run) in enumerate(runs.items()):
        metric = run.metrics[key]
        seeds = run.train.seeds if len(metric.values) == len(run.train.seeds) else [""]
        told += [
            (name, seed, value, metric.mean, metric.low, metric.high, metric.reference)
            for seed, value in zip(seeds, metric.values, strict=False)
        ]
        values = [v for v in metric.values if v is not None]
        axes.plot(values, [row] * len(values), "|", color=FAINT, markersize=11)
        if metric.mean is not None:
            axes.plot(metric.mean, row, "o", color=INK)
            if metric.low is not None and metric.high is not None:
                axes.plot([metric.low, metric.high], [row, row], color=INK, linewidth=2)
        if metric.reference is not None:
            axes.plot([metric.reference] * 2, [row - 0.4, row + 0.4], color=REFERENCE, linewidth=2)
    axes.set_yticks(range(len(runs)), [name.replace("_", " ") for name in runs])
    axes.invert_yaxis()
    axes.set_xlabel(f"{first.title}{f' [{first.unit}]' if first.unit else ''}")
    head = ("run", "seed", "value", "mean", "low", "high", "reference")
    return _write(place, figure, head, told)


def _curve(place: Path, file: Path) -> bool:
    """A term by round, the mean over replicas."""
    with open(file, encoding="utf-8", newline="") as opened:
        head, *rows = csv.reader(opened)
    numbers = np.array([[float(v or "nan") for v in row] for row in rows]).reshape(-1, len(head))
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(numbers[:, 0], numbers[:, 1], color=INK)
    axes.set_xlabel(head[0])
    axes.set_ylabel(file.stem.replace("_", " "))
    return _write(place, figure, head, rows)


def _samples(place: Path, file: Path, run: MeasuredRun) -> bool:
    """What the first replica generates: images side by side, points of a plane, a histogram."""
    x, shape = read_npz(file)["x"][0], tuple(run.data.shape)
    figure = Figure(figsize=(7.0, 3.2 if len(shape) > 1 or shape == (1,) else 6.0))
    if len(shape) == 2:
        x = x[:IMAGES]
        for at, image in enumerate(x.reshape(-1, *shape)):
            axes = figure.add_subplot(4, IMAGES // 4, at + 1)
            axes.imshow(image, cmap="gray", vmin=-1, vmax=1)
            axes.set_axis_off()
    elif shape in ((1,), (2,)) and len(x):
        x = x[:POINTS]
        axes = figure.subplots()
        if shape == (1,):
            axes.hist(x[np.isfinite(x).all(axis=1), 0], bins=60, color=INK)
        else:
            axes.plot(*x.T, ".", color=INK, markersize=3)
            axes.set_aspect("equal")
    else:
        return False
    return _write(place, figure, [f"x{j}" for j in range(x.shape[1])], x.tolist())


def _write(place: Path, figure: Figure, head: Iterable[str], rows: Iterable[Sequence]) -> bool:
    """The figure as SVG, without a date, and its numbers as CSV."""
    drawn, told = io.BytesIO(), io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    write_bytes(place.with_name(f"{place.name}.svg"), drawn.getvalue())
    csv.writer(told, lineterminator="\n").writerows([head, *rows])
    write_text(place.with_name(f"{place.name}.csv"), told.getvalue())
    return True
