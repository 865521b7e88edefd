"""What is printed beside a number: the interval of its mean, or of a share, and nothing hidden."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import estimate

FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, min_size=2, max_size=20))
def test_the_interval_of_a_mean_is_students(values):
    """SciPy's own; where nothing varies, or by less than a variance can hold, it is a point."""
    mean, low, high = estimate.mean(values)
    assert mean == pytest.approx(np.mean(values), abs=1e-9)
    ends = (mean, mean)
    if len(set(values)) > 1 and (error := stats.sem(values)) > 0:
        ends = stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
    np.testing.assert_allclose((low, high), ends)


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_interval_of_a_share_is_clopper_and_pearsons(ones, zeros):
    """By the beta distribution: its ends are passed by the truth in 1 of 40 cases each."""
    if not ones + zeros:
        return
    share, low, high = estimate.share([1.0] * ones + [0.0] * zeros)
    assert share == ones / (ones + zeros)
    ends = (
        stats.beta.ppf(0.025, ones, zeros + 1) if ones else 0.0,
        stats.beta.ppf(0.975, ones + 1, zeros) if zeros else 1.0,
    )
    np.testing.assert_allclose((low, high), ends, atol=1e-9)


def test_no_mean_hides_a_replica_that_is_not_finite():
    for of in (estimate.mean, estimate.share):
        assert of([1.0, math.nan, 0.0]) == (None, None, None)
        assert of([1.0, math.inf]) == (None, None, None)
        assert of([]) == (None, None, None)
    assert estimate.mean([2.0]) == (2.0, None, None)
