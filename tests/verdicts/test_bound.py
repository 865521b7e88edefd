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
