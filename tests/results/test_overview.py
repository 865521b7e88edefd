"""An experiment's row for `dvc metrics show`: few columns, the same for all."""

from pathlib import Path

import pytest

from pipeline.results import overview, schema
from pipeline.study import reader


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
