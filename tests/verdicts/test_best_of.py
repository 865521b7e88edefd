"""The best of n: what brute force says, and what more draws can do."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose

from pipeline.verdicts import best_of
from reference.metrics import best_of as oracle

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
