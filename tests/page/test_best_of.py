"""The best of n: what brute force says, and what more draws can do."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose

from pipeline.page import best_of, view
from pipeline.page.inputs import Finished
from reference.metrics import best_of as oracle
from tests.results import made

VALUES = arrays.arrays(
    np.float64, st.integers(1, 7), elements=st.floats(-1e3, 1e3, allow_subnormal=False)
)


@given(VALUES)
def test_it_is_the_mean_of_the_largest_over_all_sets(values):
    """By enumeration of every set, and by the oracle; 1e-12 of the largest for the rounding."""
    brute = [
        np.mean([max(chosen) for chosen in combinations(values, n)])
        for n in range(1, len(values) + 1)
    ]
    atol = 1e-12 * np.abs(values).max()
    assert_allclose(best_of.best_of(values), brute, rtol=0, atol=atol)
    assert_allclose(oracle.best_of(values), brute, rtol=0, atol=atol)


def test_settings_that_are_alike_leave_nothing_to_choose():
    assert_allclose(best_of.best_of(np.full((2, 5), 3.0)), 3)


def test_the_band_is_of_seeds_and_closes_where_they_agree():
    """Two settings whose seeds agree have no band; of seeds that differ it holds the curve."""
    low, high = best_of.band(np.array([[1.0, 1.0, 1.0], [4.0, 4.0, 4.0]]))
    assert_allclose([low, high], [[2.5, 4], [2.5, 4]])
    spread = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    low, high = best_of.band(spread)
    assert (low < best_of.best_of(spread.mean(1))).all()
    assert (high > best_of.best_of(spread.mean(1))).all()


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
    assert panel["note"] == "1 settings; 1 left out, not finite"


@pytest.mark.parametrize("runs", [[], [run("other", [1.0])], [run("gan_a", [None])]])
def test_nothing_to_compare_is_nothing_shown(runs):
    assert best_of.compared(runs, ASKED) is None
    assert best_of.compared(RUNS, None) is None
    assert view.table(RUNS)["columns"]
