"""Runs are put on one scale only where they are measured with one yardstick."""

import re

import pytest

from pipeline.page import view
from pipeline.page.inputs import Finished


def run(name, values, known):
    metric = {
        "title": "m",
        "unit": "",
        "values": values,
        "mean": None,
        "low": None,
        "high": None,
        "level": 0.95,
        "known": known,
        "known_is": "theory",
        "better": "known",
    }
    record = {"train": {"seeds": list(range(len(values)))}}
    return Finished(name, record, {"metrics": {"m": metric}}, {}, None)


def places(table):
    """Where the dots of each run stand."""
    cells = [row["cells"][0]["strip"] for row in table["rows"]]
    return [re.findall(r'class="dot" cx="([\d.]+)"', cell) for cell in cells]


def test_runs_with_the_same_known_answer_share_a_scale():
    one, other = places(view.table([run("a", [1.0, 2.0], 0.0), run("b", [2.0, 3.0], 0.0)]))
    assert one[1] == other[0]


def test_runs_with_other_known_answers_have_scales_of_their_own():
    alone, _ = places(view.table([run("a", [1.0, 2.0], 0.0), run("b", [90.0, 99.0], 80.0)]))
    assert [alone] == places(view.table([run("a", [1.0, 2.0], 0.0)]))


def test_a_run_without_a_metric_has_an_empty_cell():
    lacking = Finished("b", {"train": {"seeds": [0]}}, {"metrics": {}}, {}, None)
    table = view.table([run("a", [1.0, 2.0], 0.0), lacking])
    assert [bool(row["cells"][0]) for row in table["rows"]] == [True, False]


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
