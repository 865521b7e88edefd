"""A mean is called equal to a target when two one-sided tests both say so."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import equivalence

RULE = equivalence.Rule(target=-2.0, margin=0.5)


@given(st.lists(st.floats(-4, 0), min_size=2, max_size=12), st.sampled_from([0.05, 0.01]))
def test_it_is_two_one_sided_tests(x, error):
    assume(np.std(x) > 1e-3)

    def p(end, alternative):
        return stats.ttest_1samp(x, end, alternative=alternative).pvalue

    low, high = -2.5, -1.5
    inside = max(p(low, "greater"), p(high, "less"))
    outside = min(p(low, "less"), p(high, "greater"))
    assume(abs(inside - error) > 1e-9)
    assume(abs(outside - error) > 1e-9)
    expected = "holds" if inside < error else "fails" if outside < error else "undecided"
    verdict = RULE.decide(x, error)
    assert verdict.verdict == expected
    ends = np.array(stats.ttest_1samp(x, 0).confidence_interval(1 - 2 * error))
    np.testing.assert_allclose((verdict.low, verdict.high), ends + 2, rtol=1e-9, atol=1e-12)
    assert verdict.estimate == pytest.approx(np.mean(x) + 2)
    assert RULE.threshold == 0.5


@pytest.mark.parametrize("truth", [-2.5, -1.5])
def test_what_is_off_by_the_margin_holds_as_seldom_as_the_error_says(truth):
    """At the end of the margin "holds" is wrong; its chance is `error` for normal samples whose
    scatter is small beside the margin, and less for others: here 0.2 against 1."""
    samples = np.random.default_rng(1).normal(truth, 0.2, (2000, 10))
    wrong = sum(RULE.decide(x, 0.05).verdict == "holds" for x in samples)
    assert stats.binomtest(wrong, 2000, 0.05).pvalue > 1e-4


def test_a_wide_interval_that_holds_the_target_decides_nothing():
    """An ordinary test would have found no difference here, and so does few seeds' noise."""
    x = [-3.0, -1.0, -2.1, -1.9]
    assert stats.ttest_1samp(x, -2).pvalue > 0.9
    assert RULE.decide(x, 0.05).verdict == "undecided"


def test_a_sharp_difference_inside_the_margin_is_none_that_matters():
    x = [-1.80, -1.81, -1.79, -1.80]
    assert stats.ttest_1samp(x, -2).pvalue < 1e-4
    assert RULE.decide(x, 0.05).verdict == "holds"


@pytest.mark.parametrize(
    ("x", "verdict"),
    [([-2.0, float("nan"), -2.1], "fails"), ([-2.0], "undecided"), ([-2.0] * 9, "undecided")],
)
def test_degenerate_samples(x, verdict):
    assert RULE.decide(x, 0.05).verdict == verdict
    assert RULE.decide(x, 0.05).n == len(x)


def test_the_words_tell_the_numbers():
    assert RULE.words(0.025).startswith("Holds if the 95 % interval")
    assert "within 0.5 of -2" in RULE.words(0.025)
    assert RULE.decide([-1.80, -1.82, -1.78], 0.05).because == (
        "The mean over 3 seeds is -1.8, off -2 by 0.2; the 90 % interval of that, "
        "[0.166, 0.234], lies inside ±0.5."
    )


@given(
    st.lists(st.floats(-4, 0), min_size=2, max_size=12),
    st.lists(st.floats(-2, 2), min_size=2, max_size=12),
    st.sampled_from([0.05, 0.01]),
)
def test_of_two_runs_it_is_two_one_sided_tests_of_welch(x, y, error):
    assume(min(np.std(x), np.std(y)) > 1e-3)

    def p(end, alternative):
        shifted = np.array(x) - end
        return stats.ttest_ind(shifted, y, equal_var=False, alternative=alternative).pvalue

    inside = max(p(-2.5, "greater"), p(-1.5, "less"))
    outside = min(p(-2.5, "less"), p(-1.5, "greater"))
    assume(min(abs(inside - error), abs(outside - error)) > 1e-9)
    expected = "holds" if inside < error else "fails" if outside < error else "undecided"
    verdict = RULE.compare(x, y, error)
    assert (verdict.verdict, verdict.n) == (expected, len(x) + len(y))


@given(st.floats(0.5, 2))
def test_a_ratio_is_equal_within_a_factor_either_way(ratio):
    """Runs whose ratio is known to a part in a thousand, against a factor of 1.25."""
    assume(abs(abs(np.log(ratio)) - np.log(1.25)) > 0.01)
    y = np.array([0.999, 1.0, 1.001])
    rule = equivalence.Rule(1.0, 1.25, "log")
    expected = "holds" if 0.8 < ratio < 1.25 else "fails"
    verdict = rule.compare(ratio * y, y, 0.05)
    assert verdict.verdict == expected
    assert verdict.estimate == pytest.approx(np.log(ratio), abs=1e-6)
    assert abs(verdict.estimate) < rule.threshold or expected == "fails"


def test_the_words_of_a_ratio_are_factors():
    rule = equivalence.Rule(1.0, 1.25, "log")
    assert "within a factor of 1.25 of 1, fails" in rule.words(0.025, compared=True)
    because = rule.compare([1.0, 1.01, 0.99], [1.0, 1.02, 0.98], 0.05).because
    assert "off 1 by a factor of 1" in because
    assert because.endswith("lies inside [0.8, 1.25].")
