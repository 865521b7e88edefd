"""An experiment's row for `dvc metrics show`: few columns, the same for all."""

from pathlib import Path

import pytest

from pipeline.results import overview, schema
from pipeline.study import reader
from pipeline.study.schema import Converged, Experiment
from tests.results import made


def metric(mean, better, reference=None):
    return schema.Metric("t", "", [mean], mean, mean, mean, 0.95, reference, "", better=better)


@pytest.mark.parametrize(
    ("better", "reference", "first", "last"),
    [("higher", None, "b", "a"), ("lower", None, "a", "b"), ("reference", 2.9, "b", "a")],
)
def test_best_is_what_the_metric_calls_better(better, reference, first, last):
    given = {"a": metric(1.0, better, reference), "b": metric(3.0, better, reference)}
    ranked = sorted(given, key=lambda name: overview.distance(given[name]))
    assert (ranked[0], ranked[-1]) == (first, last)


def test_a_table_of_all_experiments_fits():
    """At most twelve values each, under names that all experiments share."""
    experiments = reader.read().experiments
    columns = set()
    for file in sorted(Path("reports/metrics").glob("*.json")):
        runs = schema.read(schema.Measurements, file).runs
        if file.stem in experiments:
            row = overview.row(experiments[file.stem], runs)
            assert 3 < len(row) <= 12
            assert row["runs"] == sum(not run.control for run in runs.values())
            columns |= row.keys()
    assert len(columns) <= 12
    assert {"value", "best", "best_run", "last", "last_run", "reference"} <= columns


def measured(mean, seeds=2, reference=0.0, **changes):
    record = made.record(range(seeds))
    found = {"a.other": metric(9.0, "lower", 5.0)}
    if mean is not ...:
        found["a.main"] = metric(mean, "lower", reference)
    return made.measured(record, found, **changes)


def test_a_row_counts_trainings_and_names_the_best_and_the_last():
    """A control is no training; a run without a mean, or without the value, is neither."""
    runs = {
        "middle": measured(2.0, seeds=3),
        "best": measured(1.0, diverged=[1]),
        "last": measured(3.0, seeds=4, diverged=[0, 2]),
        "none": measured(None),
        "other": measured(...),
        "control": measured(0.5, control=True),
    }
    flat = {"metric": "a.main_by_round", "margin": 0.1}
    block = {"converged": flat, "metrics": ["a"], "question": "So?", "runs": {}}
    asked = Experiment.model_construct(**block | {"converged": Converged(**flat)})
    assert overview.row(asked, runs) == {
        "runs": 5,
        "trainings": 3 + 2 + 4 + 2 + 2,
        "diverged": 3,
        "value": "a.main",
        "reference": 0.0,
        "best": 1.0,
        "best_run": "best",
        "last": 3.0,
        "last_run": "last",
    }
    first = Experiment.model_construct(**block | {"converged": None})
    assert overview.row(first, runs)["value"] == "a.other"
    two = runs | {"middle": measured(2.0, reference=1.0)}
    assert overview.row(asked, two)["reference"] is None
    assert overview.row(asked, {}) == {"runs": 0, "trainings": 0, "diverged": 0}
