"""The best of n on the page: which runs a curve uses, and which direction is better."""

import re
from types import SimpleNamespace

import pytest

from pipeline.page import best_of, view
from pipeline.page.inputs import Finished
from tests.results import made


def run(name, values, better="higher"):
    metric = made.metric(values, reference=8.0, reference_is="true samples", better=better)
    record = made.record(range(len(values)))
    return Finished(name, record, made.measured(record, {"coverage.modes": metric}), {}, None)


ASKED = SimpleNamespace(metric="coverage.modes", groups=["gan", "gan_two"])
RUNS = [
    run("gan_base", [1.0, 3.0]),
    run("gan_fast", [5.0, 7.0]),
    run("gan_two_base", [8.0, 8.0]),
    run("other", [0.0, 0.0]),
]


def test_a_run_belongs_to_the_longest_group_that_begins_its_name():
    one, two = best_of.compared(RUNS, ASKED)["panels"]
    assert "GAN, expected best of 1: 4, 2: 6" in one["svg"]
    assert "GAN two, expected best of 1: 8" in two["svg"]


@pytest.mark.parametrize(("better", "ends"), [("higher", "6"), ("lower", "2")])
def test_the_best_is_the_better_one(better, ends):
    runs = [run("gan_a", [1.0, 3.0], better), run("gan_b", [5.0, 7.0], better)]
    (panel,) = best_of.compared(runs, ASKED)["panels"]
    assert f"expected best of 1: 4, 2: {ends}" in panel["svg"]


def test_a_setting_that_broke_is_told():
    (panel,) = best_of.compared([run("gan_a", [1.0, 3.0]), run("gan_b", [None, 7.0])], ASKED)[
        "panels"
    ]
    assert (panel["settings"], panel["broken"]) == (1, 1)


def test_all_settings_are_compared_by_as_many_seeds_as_the_fewest_have():
    """Of either group; and all groups are drawn on one scale."""
    few, many = [run("gan_a", [1.0, 3.0])], [run("gan_two_a", [5.0, 7.0, 90.0])]
    for runs in (few + many, [run("gan_a", [5.0, 7.0, 90.0]), run("gan_two_a", [1.0, 3.0])]):
        found = best_of.compared(runs, ASKED)
        assert found["seeds"] == 2
        assert [panel["settings"] for panel in found["panels"]] == [1, 1]
        ticks = [re.findall(r'class="label"[^>]*>([^<]+)<', p["svg"]) for p in found["panels"]]
        assert ticks[0] == ticks[1]
        assert not any("90" in tick for tick in ticks[0])


@pytest.mark.parametrize("runs", [[], [run("other", [1.0])], [run("gan_a", [None])]])
def test_nothing_to_compare_is_nothing_shown(runs):
    assert best_of.compared(runs, ASKED) is None
    assert best_of.compared(RUNS, None) is None
    assert view.tables("e", RUNS)
