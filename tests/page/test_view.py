"""Runs share a scale only if their values are comparable."""

import re

import numpy as np
import pytest

from pipeline import datasets
from pipeline.page import view
from pipeline.page.answers import answers
from pipeline.page.inputs import Finished
from pipeline.results import schema
from tests.results import made


def run(name, values, reference, key="value.game"):
    record = made.record(range(len(values)))
    measured = made.measured(record, {key: made.metric(values, reference=reference)})
    return Finished(name, record, measured, {}, None)


def places(table):
    """Where the dots of each run stand."""
    cells = [row["cells"][0]["strip"] for row in table["rows"]]
    return [re.findall(r'class="dot" cx="([\d.]+)"', cell) for cell in cells]


def test_runs_with_the_same_reference_value_share_a_scale():
    one, other = places(view.table([run("a", [1.0, 2.0], 0.0), run("b", [2.0, 3.0], 0.0)]))
    assert one[1] == other[0]


def test_runs_with_other_reference_values_have_scales_of_their_own():
    alone, _ = places(view.table([run("a", [1.0, 2.0], 0.0), run("b", [90.0, 99.0], 80.0)]))
    assert [alone] == places(view.table([run("a", [1.0, 2.0], 0.0)]))


def test_a_run_without_a_metric_has_an_empty_cell():
    record = made.record([0])
    lacking = Finished("b", record, made.measured(record, {}), {}, None)
    table = view.table([run("a", [1.0, 2.0], 0.0), lacking])
    assert [bool(row["cells"][0]) for row in table["rows"]] == [True, False]


def test_a_share_of_seeds_is_told_as_one():
    values, ends = [1.0, 0.0, 1.0], {"mean": 2 / 3, "low": 0.0943, "high": 0.9916}
    told = view.estimate(made.metric(values, share=True, **ends))
    assert told["share"] == "2 of 3"
    assert (told["shown"]["low"], told["shown"]["high"]) == ("9 %", "99 %")
    assert view.estimate(made.metric(values, **ends))["share"] == ""


def planar(count, seeds=5):
    """A run on the ring with so many samples of so many seeds."""
    record = made.record(range(seeds))
    return Finished("a", record, made.measured(record, {}), {}, np.zeros((seeds, count, 2)))


@pytest.mark.parametrize(("runs", "panels"), [(4, 6), (5, 4)])
def test_of_many_runs_the_first_seeds_are_drawn_and_the_page_says_so(runs, panels):
    """Beside the test data: all five of a run among four, the first three of one among five."""
    many = view.many([planar(9)] * runs)
    data = {"test": {"x": np.ones((20, 2))}}
    found = view.generated(planar(9), data, datasets.build("ring", {}), many)
    assert [p["name"] for p in found["panels"]][1:] == [f"seed {k}" for k in range(panels - 1)]
    assert ("the first 3 of 5 seeds" in found["note"]) == many


def test_of_many_runs_the_first_answers_and_all_in_a_line():
    covering = [run(f"r{k}", [0.0, float(k > 1)], 0.0, "coverage.lost") for k in range(6)]
    (answer,) = answers({"ring": covering})
    first, finding = answer.findings
    assert (first.anchor, first.figure) == ("ring-r0", "2 of 2 seeds")
    assert (finding.anchor, finding.figure) == ("ring", "2 of 6 runs")
    assert finding.note == "lose no mode in any seed"
    assert len(answers({"ring": covering[:4]})[0].findings) == 4


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([8.0, 7.0], ["8", "7"]),
        ([-1.17, -1.0421], ["−1.170", "−1.042"]),
        ([2.5, 2.5], ["2.50", "2.50"]),
        ([None, 0.25], ["–", "0.250"]),
        ([None, None], ["–", "–"]),
    ],
)
def test_a_column_of_seeds_is_shown_to_one_place(values, shown):
    rows = view.every_seed(run("a", values, None))["rows"]
    assert [row["values"][0][1] for row in rows] == shown


def test_where_new_seeds_land_stands_beside_the_mean():
    ends = {"mean": 1.5, "low": 1.0, "high": 2.0}
    new = schema.Prediction(0.25, 2.75, 0.99, 3, True)
    told = view.estimate(made.metric([1.0, 1.5, 2.0], predicted=new, **ends))
    assert told["predicted"] == "new seeds [0.25, 2.75], 99 %, pooled"
    assert view.estimate(made.metric([1.0, 1.5, 2.0], **ends))["predicted"] == ""
