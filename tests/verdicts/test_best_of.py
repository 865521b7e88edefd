"""The best of n: what brute force says, and what more draws can do."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from scipy import stats

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


@pytest.mark.parametrize("draw", ["uniform", "normal", "half useless"])
def test_the_median_of_the_best_is_outside_no_more_often_than_the_error(draw):
    """Of searches of 16 draws from any space, for the best of 1 to 16, at each end."""
    rng = np.random.default_rng(0)
    p = 2.0 ** (-1 / np.arange(1, 17))
    sample, truth = {
        "uniform": (lambda: rng.random(16), p),
        "normal": (lambda: rng.normal(size=16), stats.norm.ppf(p)),
        "half useless": (
            lambda: np.where(rng.random(16) < 0.5, 0, rng.random(16)),
            np.maximum(2 * p - 1, 0),
        ),
    }[draw]
    ends = np.array([best_of.interval(sample(), 0.025) for _ in range(2000)])
    for beyond in ((ends[:, 0] > truth).sum(0), (ends[:, 1] < truth).sum(0)):
        for times in beyond:
            assert stats.binomtest(int(times), 2000, 0.025, alternative="greater").pvalue > 1e-4


def test_sixteen_draws_bound_the_best_of_three_and_not_of_four():
    """2^(-16/3) = .0248 and 2^(-16/4) = .0625, at .025; the lower end is there for all."""
    low, high = best_of.interval(np.arange(16.0), 0.025)
    assert np.isfinite(high).tolist() == [True] * 3 + [False] * 13
    assert np.isfinite(low).all()
    assert (np.diff(low) >= 0).all()


@given(st.integers(1, 40), st.sampled_from([0.05, 0.025, 0.001]))
def test_the_ends_are_the_nearest_that_the_error_allows(count, error):
    """Of 1 ... K the k-th value is k, so that an end is its own place."""
    low, high = best_of.interval(np.arange(1.0, count + 1), error)
    for n in range(1, count + 1):
        known = stats.binom(count, 2 ** (-1 / n))
        assert low[n - 1] == -np.inf or known.cdf(low[n - 1] - 1) <= error
        assert known.cdf(max(low[n - 1], 0)) > error
        assert high[n - 1] == np.inf or known.sf(high[n - 1] - 1) <= error
        assert known.sf(min(high[n - 1], count + 1) - 2) > error
