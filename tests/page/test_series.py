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
    one, other = series([run("a", [[1.0, 2.0, 3.0]]), run("b", [[3.0, 2.0, 9.0]])])[0]["panels"]
    (_, end), (begin, _) = heights(one["svg"], "average")[0], heights(other["svg"], "average")[0]
    assert end == pytest.approx(begin, abs=0.11)
    (begin, _), (_, end) = heights(one["svg"], "average")[0], heights(other["svg"], "average")[0]
    assert curves.TOP < end < begin < curves.BOTTOM  # nothing of either lies outside


def test_decades_are_evenly_spaced_on_a_logarithmic_axis():
    rows = [[1e-1, 1e-3, 1e-5], [1e-3, 1e-5, 1e-7]]
    svg = series([run("a", rows, log=True)])[0]["panels"][0]["svg"]
    (first, end), (second, last) = heights(svg, "replica")
    (middle, _) = heights(svg, "average")[0]
    assert second - first == pytest.approx((end - first) / 2, abs=0.21)
    assert last - end == pytest.approx(second - first, abs=0.21)
    assert middle == pytest.approx((first + second) / 2, abs=0.11)
    assert ">10⁻⁶<" in svg


def test_a_zero_lies_on_the_lower_edge_of_a_logarithmic_axis():
    """A gradient that has vanished is drawn and pulls the mean down: it is not left out."""
    svg = series([run("a", [[1.0, 0.1, 0.0], [1.0, 0.1, 0.01]], log=True)])[0]["panels"][0]["svg"]
    assert heights(svg, "replica")[0][1] == pytest.approx(curves.BOTTOM, abs=0.11)
    assert heights(svg, "average")[0][1] == pytest.approx(curves.BOTTOM, abs=0.11)
    assert "mean at the end 0" in svg


def test_a_value_that_is_not_finite_is_told_and_left_out():
    (panel,) = series([run("a", [[1.0, None, 3.0], [1.0, 2.0, 3.0]])])[0]["panels"]
    assert panel["note"] == "not finite in 1 of 2 seeds"
    assert "nan" not in panel["svg"].lower()


def test_a_reference_value_is_drawn_where_a_logarithm_has_a_place():
    for log, reference, drawn in (
        (False, -1.0, 1),
        (True, 0.1, 1),
        (True, 0.0, 0),
        (True, None, 0),
    ):
        svg = series([run("a", [[1.0, 2.0, 3.0]], log, reference)])[0]["panels"][0]["svg"]
        assert svg.count('class="reference"') == drawn


def test_runs_without_it_are_left_out():
    record = made.record([0])
    bare = Finished("c", record, made.measured(record, {}), {}, np.zeros((1, 0, 1)))
    assert series([bare]) == []
    (drawn,) = series([bare, run("a", [[1.0, 2.0, 3.0]])])
    assert [panel["title"] for panel in drawn["panels"]] == ["a"]
