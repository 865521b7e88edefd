"""Stage evaluate: every replica of an experiment's runs, measured on test data.

    python -m pipeline evaluate EXPERIMENT

reads   params.yaml, data/, runs/<experiment>/<run>/, runs/judge/
writes  reports/metrics/<experiment>.json    a value per replica, the interval of their mean
        reports/summary/<experiment>.json    the means alone, for `dvc metrics show`
        reports/curves/<experiment>/         a term's mean by round, a file each, for `dvc plots`
        reports/shown/<experiment>.npz       the images of its figures, for the page

The interval is Student's, of the mean over training seeds, at 95 %; of a share of seeds it is
Clopper and Pearson's (1934). No seed is left out, and nothing is selected on test data. A replica
that is not finite has null for a value. Runs are measured side by side, a process each.
"""

import csv
import json
import math
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats
from threadpoolctl import threadpool_limits

from pipeline import models
from pipeline.execution.processes import die_with_parent
from pipeline.metrics import Histogram, Measured, Profile, Series
from pipeline.results.files import write_json, write_npz, write_text
from pipeline.results.trained_run import Trained
from pipeline.stages import check
from pipeline.study import reader
from pipeline.study.errors import RESOURCE, StudyError

LEVEL = 0.95


def main(experiment: str) -> None:
    settings = check.study()
    if experiment not in settings.experiments:
        allowed = ", ".join(settings.experiments)
        raise StudyError(
            f"{reader.FILE}: experiment {experiment!r} is unknown; allowed: {allowed}"
        )
    torch.set_num_threads(settings.threads)
    with threadpool_limits(settings.threads):  # scikit-learn's and NumPy's too
        _evaluate(settings, experiment)


def _evaluate(settings, experiment):
    asked = settings.experiments[experiment]
    trained = {name: Trained(settings, experiment, name) for name in asked.runs}
    measures = partial(measured, metrics=asked.metrics)
    at_once = min(len(trained), settings.processes or os.cpu_count() or 1)
    runs = dict(zip(trained, side_by_side(measures, trained.values(), at_once), strict=True))
    write_json(f"reports/metrics/{experiment}.json", {"experiment": experiment, "runs": runs})
    write_json(f"reports/summary/{experiment}.json", summary(runs))
    shutil.rmtree(f"reports/curves/{experiment}", ignore_errors=True)
    for name in runs:
        for term, table in curves(Path("runs", experiment, name)).items():
            write_text(f"reports/curves/{experiment}/{name}-{term}.csv", table)
    write_npz(f"reports/shown/{experiment}.npz", shown(trained, asked.figures))
    for name, run in runs.items():
        told = (
            f"{m} {_short(v['mean'])} [{_short(v['low'])}, {_short(v['high'])}]"
            for m, v in run["metrics"].items()
        )
        print(f"{experiment}.{name}: {'; '.join(told)}")


def side_by_side(f: Callable, runs: Iterable, at_once: int) -> Iterator:
    """f of each run, in order, so many at once where the system can fork a process.

    A forked process has the libraries, which take longer to load than most runs to measure.
    """
    if at_once == 1 or sys.platform != "linux":
        yield from map(f, runs)
        return
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(at_once, forked, initializer=_obey) as pool:
        try:
            yield from pool.map(f, runs)
        except BrokenProcessPool:
            raise StudyError(
                "evaluate: a process was killed (out of memory?); run again with processes: 1 "
                f"in {reader.FILE}",
                RESOURCE,
            ) from None
        finally:  # whatever ended it, nobody waits for what is still being measured
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(cancel_futures=True)


def _obey():
    """A process that measures ends with its parent, which alone is told of Ctrl-C."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def measured(run: Trained, metrics: list[str]) -> dict:
    """All that is said of one run in reports/metrics."""
    found: dict[str, Measured | Histogram | Series | Profile] = {}
    for name in metrics:
        module = import_module(f"pipeline.metrics.{name}")
        found |= module.measure(run)
        if run.averaged and not getattr(module, "SNAPSHOTS", 0):  # snapshots are of last weights
            found |= {
                f"{key}.average": m._replace(title=f"{m.title}, average of weights")
                for key, m in module.measure(run.averaged).items()
                if isinstance(m, Measured)
            }
    found = {name: _of_finite(m, run) for name, m in found.items()}
    return {
        "fingerprint": run.record["fingerprint"],
        "code": run.record["code"],
        "model": run.record["model"],
        "data": run.record["data"],
        "seeds": run.seeds,
        "rounds": run.record["train"]["rounds"],
        "split": "test",
        "metrics": {n: _metric(m) for n, m in found.items() if isinstance(m, Measured)},
        "histograms": {n: _histogram(h) for n, h in found.items() if isinstance(h, Histogram)},
        "series": {n: _series(s) for n, s in found.items() if isinstance(s, Series)},
        "profiles": {n: _profile(p) for n, p in found.items() if isinstance(p, Profile)},
    }


def _of_finite(m: Any, run: Trained) -> Any:
    """A metric, without a value of the replicas that stand still: these count for nothing."""
    if not isinstance(m, Measured | Series) or not run.diverged:
        return m
    none: Any = [math.nan] * len(m.rounds) if isinstance(m, Series) else math.nan
    values: Any = [none if r in run.diverged else v for r, v in enumerate(m.values)]
    return m._replace(values=values)


def shown(runs: dict[str, Trained], figures: list[str]) -> dict[str, np.ndarray]:
    """The sheets of an experiment's figures: what is written beside them, and 0, 1, ... images.

    Runs of one data set stand on one sheet; greys are kept to one of 256.
    """
    told: list[dict] = []
    arrays: dict[str, np.ndarray] = {}
    for figure in figures:
        module = import_module(f"pipeline.figures.{figure}")
        able = {n: r for n, r in runs.items() if models.has(r.run.model, module.NEEDS)}
        for data in dict.fromkeys(run.run.data for run in able.values()):
            alike = {name: run for name, run in able.items() if run.run.data == data}
            shape = next(iter(alike.values())).dataset.shape
            for sheet in module.show(alike) if len(shape) > 1 else []:
                grey = (sheet.images.clamp(-1, 1) + 1) * 127.5
                arrays[str(len(told))] = grey.round().to(torch.uint8).numpy()
                words = sheet._asdict() | {"figure": figure, "shape": list(shape)}
                words["images"] = str(len(told))
                words["fingerprints"] = {n: r.record["fingerprint"] for n, r in alike.items()}
                told.append(words)
    return {"sheets": np.array(json.dumps(told, ensure_ascii=False)), **arrays}


def interval(values: list[float]) -> tuple[float | None, float | None, float | None]:
    """Mean, and Student's interval of the mean at LEVEL; None where it is not defined.

    A mean over the finite replicas alone would hide the others, so one that is not finite
    leaves no mean. One value has no interval.
    """
    if not values or not all(map(math.isfinite, values)):
        return None, None, None
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, None, None
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    return mean, float(mean - half), float(mean + half)


def summary(runs: dict) -> dict:
    """The means alone, which `dvc metrics show` and `dvc exp diff` can print in one table."""
    return {
        name: {metric: value["mean"] for metric, value in run["metrics"].items()}
        for name, run in runs.items()
    }


def curves(folder: Path) -> dict[str, str]:
    """A table for each player's term of one run: round, and its mean over finite replicas.

    folder: the run's, with curves.csv. Returns {"<player>-<term>": CSV}.
    """
    terms: dict[str, dict[int, list[float]]] = {}
    with open(folder / "curves.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rounds = terms.setdefault(f"{row['player']}-{row['term']}", {})
            if math.isfinite(value := float(row["value"])):
                rounds.setdefault(int(row["round"]), []).append(value)
    return {
        term: "".join(["round,mean\n", *(f"{r},{np.mean(v):.6g}\n" for r, v in rounds.items())])
        for term, rounds in terms.items()
    }


def share_interval(values: list[float]) -> tuple[float | None, float | None, float | None]:
    """Share of the ones among zeros and ones, and its exact binomial interval at LEVEL."""
    if not values or not all(map(math.isfinite, values)):
        return None, None, None
    found = stats.binomtest(round(sum(values)), len(values)).proportion_ci(LEVEL)
    return float(np.mean(values)), float(found.low), float(found.high)


def _metric(m):
    mean, low, high = (share_interval if m.share else interval)(list(m.values))
    return {
        "title": m.title,
        "unit": m.unit,
        "values": [v if math.isfinite(v) else None for v in m.values],
        "mean": mean,
        "low": low,
        "high": high,
        "level": LEVEL,
        "known": m.known,
        "known_is": m.known_is,
        "better": m.better,
        "share": m.share,
    }


def _histogram(h):
    return h._asdict() | {key: list(getattr(h, key)) for key in ("labels", "values", "known")}


def _series(s):
    kept = {key: list(getattr(s, key)) for key in ("rounds", "values")}
    kept["values"] = [[v if math.isfinite(v) else None for v in row] for row in s.values]
    return s._asdict() | kept


def _profile(p):
    def drawn(row):  # no drawing shows a sixth digit
        return [float(f"{v:.5g}") if math.isfinite(v) else None for v in row]

    lines = {name: [drawn(row) for row in rows] for name, rows in p.lines.items()}
    return p._asdict() | {"x": drawn(p.x), "lines": lines, "rounds": list(p.rounds)}


def _short(value):
    return "-" if value is None else f"{value:.4g}"
