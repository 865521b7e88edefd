"""A mean is called below a threshold when a one-sided t test says so, and never otherwise."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import bound

BELOW = bound.Rule("below", 1.0)
ABOVE = bound.Rule("above", 1.0)
NAN = float("nan")
values = st.lists(st.floats(-5, 5), min_size=2, max_size=12)


@given(values, st.sampled_from([0.05, 0.025, 0.01]))
def test_it_is_the_one_sided_t_test(x, error):
    assume(np.std(x) > 1e-3)
    less = stats.ttest_1samp(x, 1.0, alternative="less").pvalue
    greater = stats.ttest_1samp(x, 1.0, alternative="greater").pvalue
    assume(abs(less - error) > 1e-9)
    assume(abs(greater - error) > 1e-9)
    expected = "holds" if less < error else "fails" if greater < error else "undecided"
    verdict = BELOW.decide(x, error)
    assert verdict.verdict == expected
    ends = stats.ttest_1samp(x, 1.0).confidence_interval(1 - 2 * error)
    np.testing.assert_allclose((verdict.low, verdict.high), ends, rtol=1e-9, atol=1e-12)
    assert verdict.level == pytest.approx(1 - 2 * error)
    assert verdict.estimate == pytest.approx(np.mean(x))
    assert verdict.n == len(x)


@given(values)
def test_the_other_side_has_the_other_verdict(x):
    assume(np.std(x) > 1e-3)
    swapped = {"holds": "fails", "fails": "holds", "undecided": "undecided"}
    assert ABOVE.decide(x, 0.05).verdict == swapped[BELOW.decide(x, 0.05).verdict]


def test_a_false_claim_holds_as_often_as_the_error_says():
    """With the true mean at the threshold, "holds" is wrong; among normal samples it happens
    with a chance of exactly `error`, so its count in 2,000 samples is binomial. The same for
    "fails" of the opposite claim."""
    samples = np.random.default_rng(0).normal(1, 2, (2000, 10))
    found = [BELOW.decide(x, 0.05).verdict for x in samples]
    for wrong in ("holds", "fails"):
        assert stats.binomtest(found.count(wrong), 2000, 0.05).pvalue > 1e-4


@pytest.mark.parametrize("rule", [BELOW, ABOVE])
def test_a_replica_that_is_not_finite_counts_against_the_claim(rule):
    for lost in (NAN, float("inf"), float("-inf")):
        verdict = rule.decide([0.1, 0.2, lost, 0.15], 0.05)
        assert verdict.verdict == "fails"
        assert verdict.because.startswith("1 of 4 replicas are not finite")
        assert (verdict.estimate, verdict.low, verdict.n) == (None, None, 4)


@pytest.mark.parametrize(
    ("x", "because"),
    [
        ([], "there is 0 seeds"),
        ([0.1], "there is 1 seed."),
        ([0.1, 0.1, 0.1], "All 3 replicas give 0.1"),
    ],
)
def test_without_scatter_there_is_no_verdict(x, because):
    verdict = BELOW.decide(x, 0.05)
    assert verdict.verdict == "undecided"
    assert because in verdict.because
    assert verdict.low is None


def test_equal_values_are_seen_in_spite_of_rounding():
    """The mean of three 0.1 is not 0.1 in floating point, and their scatter not zero."""
    assert np.std([0.1] * 3) > 0
    assert BELOW.decide([0.1] * 3, 0.05).verdict == "undecided"


def test_the_words_are_the_rule():
    assert BELOW.words(0.05) == (
        "Holds if the 90 % interval of the mean over seeds lies below 1, fails if it lies above, "
        "else undecided."
    )
    verdict = BELOW.decide([0.1, 0.2, 0.3], 0.05)
    assert verdict.because == (
        "The mean over 3 seeds is 0.2; its 90 % interval [0.03141, 0.3686] lies below 1."
    )


@given(values, values, st.sampled_from([0.05, 0.01]))
def test_two_runs_are_compared_by_welchs_test(x, y, error):
    """Independent and of any sizes: what seed a replica has does not matter."""
    assume(min(np.std(x), np.std(y)) > 1e-3)
    less = stats.ttest_ind(np.array(x) - 1, y, equal_var=False, alternative="less").pvalue
    assume(min(abs(less - error), abs(1 - less - error)) > 1e-9)
    expected = "holds" if less < error else "fails" if 1 - less < error else "undecided"
    verdict = BELOW.compare(x, y, error)
    assert (verdict.verdict, verdict.n) == (expected, len(x) + len(y))
    shuffled = BELOW.compare(x[::-1], y, error)
    assert shuffled.estimate == pytest.approx(verdict.estimate)


def test_on_the_scale_log_two_runs_are_compared_by_their_ratio():
    rule = bound.Rule("below", 0.5, "log")
    x, y = [1.0, 1.1, 1.2, 1.05], [4.0, 4.4, 4.2, 4.1]
    verdict = rule.compare(x, y, 0.05)
    ratio = stats.gmean(x) / stats.gmean(y)
    assert verdict.estimate == pytest.approx(ratio)
    assert verdict.verdict == "holds"
    assert "the ratio of the geometric means is 0.26" in verdict.because
    assert rule.words(0.05, compared=True).startswith(
        "Holds if the 90 % interval of the ratio of the geometric means over seeds lies below 0.5"
    )


def test_on_the_scale_logit_two_runs_are_compared_by_their_odds():
    x, y = [0.9, 0.91, 0.89], [0.5, 0.52, 0.48]
    verdict = bound.Rule("above", 2.0, "logit").compare(x, y, 0.05)
    assert verdict.estimate == pytest.approx(9 / 1, rel=0.02)
    assert verdict.verdict == "holds"


@given(values, st.sampled_from(["above", "below"]), st.floats(0.05, 3))
def test_a_difference_that_is_shown_to_be_smaller_than_the_least_effect_is_none(x, side, least):
    """Schuirmann's second test beside the t test, by SciPy: a claim of a difference fails too
    where the mean is shown to lie short of the effect, and never holds for that."""
    assume(np.std(x) > 1e-3)
    rule, error = bound.Rule(side, 0.0), 0.05
    sign = 1 if side == "above" else -1
    far = stats.ttest_1samp(sign * np.array(x), 0.0, alternative="greater").pvalue
    near = stats.ttest_1samp(sign * np.array(x), 0.0, alternative="less").pvalue
    short = stats.ttest_1samp(sign * np.array(x), least, alternative="less").pvalue
    assume(min(abs(p - error) for p in (far, near, short)) > 1e-9)
    expected = "holds" if far < error else "fails" if min(near, short) < error else "undecided"
    assert rule.decide(x, error, least).verdict == expected
    bare = rule.decide(x, error).verdict
    assert bare == ("holds" if far < error else "fails" if near < error else "undecided")


def test_of_a_ratio_the_least_effect_is_a_factor():
    """log 1.1 is a tenth more, on whichever side; a shown difference holds, however small."""
    one, least = [0.99, 1.0, 1.01, 1.0], np.log(1.1)
    for side, effect in (("above", "1.1"), ("below", "0.9091")):
        rule = bound.Rule(side, 1.0, "log")
        found = rule.compare(one, [1.0, 1.01, 0.99, 1.0], 0.05, least)
        assert found.verdict == "fails"
        assert found.because.endswith(f"falls short of {effect}, the least effect of interest.")
        assert f"or wholly short of {effect}" in rule.words(0.05, True, least)
        assert rule.compare(one, [1.0, 1.4, 0.7, 1.0], 0.05, least).verdict == "undecided"
    small = bound.Rule("above", 1.0, "log").compare([1.04, 1.05, 1.06], [1.0, 1.01, 0.99], 0.05)
    assert small.verdict == "holds"
    same = bound.Rule("above", 1.0, "log")
    assert same.compare([1.04, 1.05, 1.06], [1.0, 1.01, 0.99], 0.05, least).verdict == "holds"


@pytest.mark.parametrize(
    ("threshold", "scale", "compared", "none"),
    [
        (0, "linear", True, True),
        (0, "linear", False, True),
        (0.1, "linear", True, False),
        (1, "linear", True, False),
        (1, "log", True, True),
        (1, "log", False, False),
        (1.5, "log", True, False),
        (1, "logit", True, True),
        (0.5, "logit", False, False),
        (0, "bootstrap", True, True),
    ],
)
def test_which_threshold_says_no_difference(threshold, scale, compared, none):
    assert bound.Rule("above", threshold, scale).says_no_difference(compared) is none
