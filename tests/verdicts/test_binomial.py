"""A share of seeds is judged by the exact binomial interval, at any share and any number."""

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import binomial

NAN = float("nan")


def decided(k, n, side="above", share=0.5, error=0.05):
    rule = binomial.Rule(at_least=8, side=side, share=share)
    return rule.decide([8.0] * k + [7.0] * (n - k), error)


@pytest.mark.parametrize("n", [1, 5, 10, 25])
@pytest.mark.parametrize("error", [0.05, 0.025])
def test_the_interval_inverts_the_binomial_tail(n, error):
    for k in range(n + 1):
        verdict = decided(k, n, error=error)
        low, high = verdict.low, verdict.high
        assert verdict.estimate == k / n
        if k:
            assert stats.binom.sf(k - 1, n, low) == pytest.approx(error, rel=1e-6)
        else:
            assert low == 0
        if k < n:
            assert stats.binom.cdf(k, n, high) == pytest.approx(error, rel=1e-6)
        else:
            assert high == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [1, 5, 10, 25])
@pytest.mark.parametrize("side", ["below", "above"])
def test_a_wrong_verdict_is_no_likelier_than_the_error(share, n, side):
    """Exactly, by summing over all outcomes, with the true share at the threshold and just on
    either side of it: the claim that is false there holds with a chance of at most `error`."""
    for truth in (share - 1e-9, share, share + 1e-9):
        chance = dict.fromkeys(("holds", "fails", "undecided"), 0.0)
        for k in range(n + 1):
            chance[decided(k, n, side, share).verdict] += stats.binom.pmf(k, n, truth)
        assert chance["holds"] <= 0.05 + 1e-6
        assert chance["fails"] <= 0.05 + 1e-6


def test_ten_seeds_against_one_half():
    """One seed or none of ten is fewer than half, nine or ten are more: the rest says nothing."""
    found = [decided(k, 10).verdict for k in range(11)]
    assert found == ["fails"] * 2 + ["undecided"] * 7 + ["holds"] * 2
    other = [decided(k, 10, "below").verdict for k in range(11)]
    assert other == found[::-1]


@pytest.mark.parametrize(("side", "k"), [("above", 6), ("below", 8)])
def test_a_replica_that_is_not_finite_counts_against_the_claim(side, k):
    values = [8.0] * 6 + [7.0, 7.0, NAN, float("inf")]
    verdict = binomial.Rule(8, side, 0.5).decide(values, 0.05)
    assert verdict.estimate == k / 10
    assert "(2 not finite, counted against the claim)" in verdict.because


def test_one_seed_and_none():
    assert decided(1, 1).verdict == "undecided"
    assert (decided(0, 0).verdict, decided(0, 0).n) == ("undecided", 0)


def test_reaching_includes_the_number_itself():
    values = [np.nextafter(8, 0), 8.0, 9.0]
    assert binomial.Rule(8, "above", 0.5).decide(values, 0.05).estimate == 2 / 3


def test_the_words_tell_the_numbers():
    assert (
        binomial.Rule(8, "below", 0.5)
        .words(0.05)
        .endswith("that reach 8 lies below 0.5, fails if it lies above, else undecided.")
    )
    assert decided(10, 10).because == (
        "10 of 10 seeds reach 8; the 90 % interval of the share, [0.741, 1], lies above 0.5."
    )
