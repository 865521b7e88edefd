"""Series over training are drawn at the right height, all runs on one axis."""

import re

import numpy as np
import pytest

from pipeline.page import curves
from pipeline.page.inputs import Finished
from pipeline.page.series import series
from pipeline.results import schema
from tests.results import made


def run(name, values, log=False, reference=None):
    found = schema.Series("gradient", "", [0, 10, 20], values, reference, "theory", log)
    record = made.record(range(len(values)))
    series = {"generator_gradient.norm_by_round": found}
    return Finished(name, record, made.measured(record, {}, series=series), {}, None)


def heights(svg, kind):
    """Where the lines of a class begin and end."""
    found = []
    for steps in re.findall(rf'<path class="{kind}" d="([^"]*)"', svg):
        numbers = [float(x) for x in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", steps)]
        found.append((numbers[1], sum(numbers[1::2])))
    return found


def test_runs_stand_on_one_axis():
    """The end of one run is the beginning of the other, and so are their heights."""
    one, other = series("e", [run("a", [[1.0, 2.0, 3.0]]), run("b", [[3.0, 2.0, 9.0]])])[0][
        "panels"
    ]
    (_, end), (begin, _) = heights(one["svg"], "average")[0], heights(other["svg"], "average")[0]
    assert end == pytest.approx(begin, abs=0.11)
    (begin, _), (_, end) = heights(one["svg"], "average")[0], heights(other["svg"], "average")[0]
    assert curves.TOP < end < begin < curves.BOTTOM  # nothing of either lies outside


def edges(svg):
    """The heights of a band of three snapshots: of the least, and of the greatest."""
    steps = re.search(r'<path class="band" d="([^"]*)"', svg)[1]
    numbers = [float(x) for x in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", steps)]
    up = np.cumsum(numbers[1::2])
    return up[:3], up[:2:-1]


def test_decades_are_evenly_spaced_on_a_logarithmic_axis():
    rows = [[1e-1, 1e-3, 1e-5], [1e-3, 1e-5, 1e-7]]
    svg = series("e", [run("a", rows, log=True)])[0]["panels"][0]["svg"]
    least, greatest = edges(svg)
    (middle, _) = heights(svg, "average")[0]
    assert np.diff(least) == pytest.approx(np.diff(greatest), abs=0.31)
    assert least - greatest == pytest.approx((greatest[1] - greatest[0]) * np.ones(3), abs=0.41)
    assert middle == pytest.approx((least[0] + greatest[0]) / 2, abs=0.21)
    assert ">10⁻⁶<" in svg


def test_the_band_holds_every_seed_and_no_more():
    svg = series("e", [run("a", [[1.0, 5.0, 3.0], [2.0, 4.0, 3.0], [3.0, 3.0, 3.0]])])[0]
    least, greatest = edges(svg["panels"][0]["svg"])
    assert least[0] - greatest[0] == pytest.approx(least[1] - greatest[1], abs=0.31)
    assert least[2] == pytest.approx(greatest[2], abs=0.31)
    assert least[0] > least[1] > greatest[1]


def test_the_numbers_of_a_figure_are_mean_least_and_greatest():
    panel = series("e", [run("a", [[1.0, 2.0, 3.0], [3.0, 2.0, 9.0]])])[0]["panels"][0]
    assert panel["numbers"].split("\n") == [
        "round,mean,least,greatest",
        "0,2,1,3",
        "10,2,2,2",
        "20,6,3,9",
    ]


def test_a_zero_lies_on_the_lower_edge_of_a_logarithmic_axis():
    """A gradient that has vanished is drawn and pulls the mean down: it is not left out."""
    rows = [[1.0, 0.1, 0.0], [1.0, 0.1, 0.01]]
    svg = series("e", [run("a", rows, log=True)])[0]["panels"][0]["svg"]
    assert edges(svg)[0][-1] == pytest.approx(curves.BOTTOM, abs=0.21)
    assert heights(svg, "average")[0][1] == pytest.approx(curves.BOTTOM, abs=0.11)
    assert "mean at the end 0" in svg


def test_a_value_that_is_not_finite_is_told_and_left_out():
    (panel,) = series("e", [run("a", [[1.0, None, 3.0], [1.0, 2.0, 3.0]])])[0]["panels"]
    assert (panel["broken"], panel["all"]) == (1, 2)
    assert "nan" not in panel["svg"].lower()


def test_a_reference_value_is_drawn_where_a_logarithm_has_a_place():
    for log, reference, drawn in (
        (False, -1.0, 1),
        (True, 0.1, 1),
        (True, 0.0, 0),
        (True, None, 0),
    ):
        svg = series("e", [run("a", [[1.0, 2.0, 3.0]], log, reference)])[0]["panels"][0]["svg"]
        assert svg.count('class="reference"') == drawn


def test_runs_without_it_are_left_out():
    record = made.record([0])
    bare = Finished("c", record, made.measured(record, {}), {}, np.zeros((1, 0, 1)))
    assert series("e", [bare]) == []
    (drawn,) = series("e", [bare, run("a", [[1.0, 2.0, 3.0]])])
    assert [panel["title"] for panel in drawn["panels"]] == ["a"]
