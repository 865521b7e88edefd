"""An experiment in one row: reports/summary/<experiment>.json, for `dvc metrics show` and diff.

All experiments have the same columns, so that DVC prints one narrow table: how much was trained,
the experiment's main value, its reference value, and which run came best and which last. The main
value is the one that must be flat for a run to have converged, else the first that is measured:
`metrics` of an experiment lists first what answers its question.
"""

from collections.abc import Mapping

from pipeline.metrics import BY_ROUND
from pipeline.results.schema import MeasuredRun, Metric
from pipeline.study.schema import Experiment


def main_value(asked: Experiment, runs: Mapping[str, MeasuredRun]) -> str | None:
    """The key of an experiment's main value; None if nothing was measured."""
    keys = dict.fromkeys(key for run in runs.values() for key in run.metrics)
    flat = asked.converged.metric.removesuffix(BY_ROUND) if asked.converged else None
    return flat if flat in keys else next(iter(keys), None)


def distance(metric: Metric) -> float:
    """How far a mean is from the best that there is: the smaller, the better."""
    assert metric.mean is not None
    if metric.better == "reference":
        return abs(metric.mean - (metric.reference or 0.0))
    return metric.mean if metric.better == "lower" else -metric.mean


def row(asked: Experiment, runs: Mapping[str, MeasuredRun]) -> dict[str, int | float | str | None]:
    """The row of an experiment. runs: all that were measured, controls among them."""
    trained = {name: run for name, run in runs.items() if not run.control}
    found: dict[str, int | float | str | None] = {
        "runs": len(trained),
        "trainings": sum(len(run.train.seeds) for run in trained.values()),
        "diverged": sum(len(run.diverged) for run in trained.values()),
    }
    if (key := main_value(asked, trained)) is None:
        return found
    given = {name: run.metrics[key] for name, run in trained.items() if key in run.metrics}
    known = {name: metric for name, metric in given.items() if metric.mean is not None}
    references = {metric.reference for metric in given.values()}
    found |= {"value": key, "reference": references.pop() if len(references) == 1 else None}
    if known:
        ranked = sorted(known, key=lambda name: distance(known[name]))
        for place, name in (("best", ranked[0]), ("last", ranked[-1])):
            found |= {place: known[name].mean, f"{place}_run": name}
    return found
