"""Student's and Welch's intervals, against SciPy, and the contrast that they are cases of."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import student

samples = st.lists(st.floats(-5, 5), min_size=2, max_size=12)
errors = st.sampled_from([0.05, 0.025, 0.001])


@given(samples, errors)
def test_of_one_run_it_is_students(x, error):
    assume(np.std(x) > 1e-3)
    found = student.interval(x, error)
    ends = stats.ttest_1samp(x, 0).confidence_interval(1 - 2 * error)
    np.testing.assert_allclose(found, (np.mean(x), *ends), rtol=1e-9, atol=1e-12)


@given(samples, samples, errors)
def test_of_two_runs_it_is_welchs(x, y, error):
    """Of runs with different numbers of replicas and different variances."""
    assume(np.std(x) > 1e-3)
    assume(np.std(y) > 1e-3)
    found = student.difference(x, y, error)
    test = stats.ttest_ind(x, y, equal_var=False)
    ends = test.confidence_interval(1 - 2 * error)
    np.testing.assert_allclose(found, (np.mean(x) - np.mean(y), *ends), rtol=1e-9, atol=1e-9)


@given(samples, samples, st.floats(0.1, 10))
def test_a_contrast_is_linear_in_its_weights(x, y, factor):
    assume(np.std(x) > 1e-3)
    one = np.array(student.contrast([x, y], [1.0, 2.0], 0.05))
    scaled = np.array(student.contrast([x, y], [factor, 2.0 * factor], 0.05))
    np.testing.assert_allclose(scaled, factor * one, rtol=1e-9, atol=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.sampled_from([1e-140, 1e-90, 1e90]))
def test_the_interval_has_no_unit(x, unit):
    """Not even where the square of a variance underflows."""
    assume(np.std(x) > 1e-3)
    scaled = student.interval(unit * np.array(x), 0.025)
    np.testing.assert_allclose(np.array(scaled) / unit, student.interval(x, 0.025), rtol=1e-9)


def test_what_does_not_vary_is_a_point():
    assert student.interval([2.0, 2.0], 0.025) == (2, 2, 2)
    assert student.difference([2.0, 2.0], [1.0, 1.0, 1.0], 0.025) == (1, 1, 1)


def test_of_equal_runs_a_contrast_is_that_of_analysis_of_variance():
    """With equal variances and sizes Welch's degrees of freedom are those of the pooled
    variance, K (n - 1), for weights of equal size."""
    x = np.array([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
    found = student.contrast(x, [1.0, -1.0, 1.0, -1.0], 0.05)
    half = stats.t.ppf(0.95, 4 * 2) * np.sqrt(4 * 1 / 3)
    np.testing.assert_allclose(found.high - found.estimate, half, rtol=1e-12)
    assert found.estimate == pytest.approx(1 - 6 + 2 - 3)


@pytest.mark.parametrize(("sizes", "spread"), [((10, 10), 1.0), ((10, 40), 3.0), ((40, 10), 3.0)])
def test_the_error_of_a_comparison_is_what_is_said(sizes, spread):
    """Of normal runs of unequal size and variance, each end at error .025: within the error of
    20,000 simulations, 4.5 standard errors, and a tenth of itself for Welch's approximation."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (20_000, sizes[0]))
    y = rng.normal(0, spread, (20_000, sizes[1]))
    middle, half = student.ends([x, y], [1.0, -1.0], 0.025)
    allowed = 4.5 * np.sqrt(0.025 * 0.975 / 20_000) + 0.0025
    for beyond in (middle - half > 0, middle + half < 0):
        assert abs(beyond.mean() - 0.025) < allowed
