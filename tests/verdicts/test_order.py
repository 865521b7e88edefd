"""Runs are called ordered when the trend along the list is shown and no step contradicts it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import order

UP, DOWN = order.Rule("below"), order.Rule("above")
SWAPPED = {"holds": "fails", "fails": "holds", "undecided": "undecided"}
columns = st.lists(st.lists(st.floats(-5, 5), min_size=2, max_size=8), min_size=2, max_size=5)


@given(columns, st.sampled_from([0.05, 0.01]))
def test_the_estimate_is_the_least_squares_slope_of_the_means(x, error):
    assume(min(map(np.std, x)) > 1e-3)
    verdict = UP.decide(x, error)
    slope = stats.linregress(range(len(x)), [np.mean(run) for run in x]).slope
    assert verdict.estimate == pytest.approx(slope, abs=1e-9)
    assert verdict.low < verdict.estimate < verdict.high
    assert verdict.n == sum(map(len, x))


@given(columns, st.sampled_from([0.05, 0.01]))
def test_of_two_runs_it_is_welchs_test(x, error):
    x = x[:2]
    assume(min(map(np.std, x)) > 1e-3)
    p = stats.ttest_ind(x[1], x[0], equal_var=False, alternative="greater").pvalue
    assume(min(abs(p - error), abs(1 - p - error)) > 1e-9)
    expected = "holds" if p < error else "fails" if 1 - p < error else "undecided"
    assert UP.decide(x, error).verdict == expected


@given(columns)
def test_the_list_backwards_is_ordered_the_other_way(x):
    assume(min(map(np.std, x)) > 1e-3)
    up, down = UP.decide(x, 0.05), DOWN.decide(x[::-1], 0.05)
    assert up.verdict == down.verdict
    np.testing.assert_allclose(up[2:5], down[2:5], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("spread", [(1, 1, 1, 1), (0.1, 1, 3, 10)])
def test_equal_runs_hold_and_fail_no_more_often_than_the_error(spread):
    """With all means equal, whatever the variances, both verdicts are wrong."""
    samples = np.random.default_rng(0).normal(0, 1, (1000, 4, 10)) * np.array(spread)[:, None]
    found = [UP.decide(x, 0.1).verdict for x in samples.tolist()]
    for wrong in ("holds", "fails"):
        beyond = stats.binomtest(found.count(wrong), 1000, 0.1, alternative="greater")
        assert beyond.pvalue > 1e-4


def test_a_true_order_with_a_flat_step_fails_no_more_often_than_the_error():
    """The most dangerous true order: steps so small that each may be seen to go back."""
    samples = np.random.default_rng(1).normal(0, 1, (1000, 5, 10)) + 1e-6 * np.arange(5)[:, None]
    found = [UP.decide(x, 0.1).verdict for x in samples.tolist()]
    assert stats.binomtest(found.count("fails"), 1000, 0.1, alternative="greater").pvalue > 1e-4


def test_a_clear_trend_holds_although_its_smallest_step_is_not_shown():
    rng = np.random.default_rng(1)
    x = np.array([0.0, 1.0, 1.02, 2.0])[:, None] + rng.normal(0, 0.3, (4, 10))
    assert stats.ttest_ind(x[2], x[1], equal_var=False).pvalue > 0.2
    assert UP.decide(x.tolist(), 0.05).verdict == "holds"


def test_a_hill_fails_both_ways_however_steep_its_trend():
    """Up by 9 in all, with one step of -1 that ten seeds show."""
    x = np.array([0.0, 10.0, 9.0])[:, None] + np.random.default_rng(2).normal(0, 0.2, (3, 10))
    for rule in (UP, DOWN):
        verdict = rule.decide(x.tolist(), 0.05)
        assert verdict.verdict == "fails"
    assert UP.decide(x.tolist(), 0.05).low > 0
    assert "one step goes the other way" in UP.decide(x.tolist(), 0.05).because


def test_a_step_of_five_runs_has_twenty_times_the_variance_of_the_slope():
    """K (K^2 - 1) / 6 = 20: of many seeds of equal variance the rule's two intervals say so, at
    errors that are made equal."""
    x = [[k - 1.0, k + 1.0] * 500 for k in range(5)]
    slope = UP.decide(x, 0.1)
    step = UP.decide(x[:2], 0.05)
    ratio = (step.high - step.low) / (slope.high - slope.low)
    assert ratio**2 == pytest.approx(20, rel=1e-3)


def test_a_run_that_does_not_vary_takes_part():
    x = [[0.0, 0.1, 0.2], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [2.0, 2.1, 2.2]]
    assert UP.decide(x, 0.05).verdict == "holds"


def test_on_the_scale_log_the_step_is_a_factor():
    x = np.exp([[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]]).tolist()
    verdict = order.Rule("below", "log").decide(x, 0.05)
    assert verdict.estimate == pytest.approx(1)
    assert "geometric mean over seeds goes up by 1 in its logarithm" in verdict.because
    assert order.Rule("below", "log").decide([[1.0, 2.0], [0.0, 1.0]], 0.05).verdict == (
        "undecided"
    )


def test_the_words_tell_both_intervals():
    x = [[0.0, 0.1, 0.2], [1.0, 1.2, 1.1], [3.0, 3.3, 3.1]]
    assert UP.decide(x, 0.05).because.startswith(
        "From each run to the next the mean over seeds goes up by 1.517; the 95 % interval of that"
    )
    words = UP.words(0.05, 3)
    assert "goes up: the 95 % interval of the change per step lies on that side of 0" in words
    assert "the 97.5 % interval of no step" in words
