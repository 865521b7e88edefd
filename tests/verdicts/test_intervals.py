"""A median has an exact interval whatever the population; the others say what they are of."""

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import bootstrap, bound, intervals


@pytest.mark.parametrize("n", [5, 10, 20, 40])
@pytest.mark.parametrize("error", [0.05, 0.025, 0.001, 0.5**5, 0.5**10])
def test_the_ends_of_a_median_are_the_nearest_that_the_error_allows(n, error):
    """Of 1 ... n the k-th value is k: below it lies the median with P(Binomial(n, 1/2) < k)."""
    found = intervals.of_mean([float(k) for k in range(1, n + 1)], error, "median")
    if 0.5**n > error:
        assert found.verdict == "undecided"
        assert f"needs {int(np.ceil(np.log2(1 / error)))} seeds" in found.because
        return
    assert stats.binom.cdf(found.low - 1, n, 0.5) <= error < stats.binom.cdf(found.low, n, 0.5)
    assert found.low + found.high == n + 1
    assert found.estimate == (n + 1) / 2


def test_the_median_is_passed_no_more_often_than_the_error_by_any_population():
    """One in ten collapses; a third are all right: the median is in the interval all the same."""
    rng = np.random.default_rng(0)
    collapsed = np.where(rng.random((2000, 10)) < 0.1, 0.3, rng.uniform(0.9, 1, (2000, 10)))
    truth = 0.9 + 0.1 * (0.5 - 0.1) / 0.9
    found = [intervals.of_mean(x, 0.025, "median") for x in collapsed.tolist()]
    for beyond in (sum(f.low > truth for f in found), sum(f.high < truth for f in found)):
        assert stats.binomtest(beyond, 2000, 0.025, alternative="greater").pvalue > 1e-4


def test_each_scale_is_named_in_the_words():
    for scale, name in intervals.MEAN.items():
        assert f"interval of the {name} over seeds" in bound.Rule("below", 0.5, scale).words(0.05)
    for scale, name in intervals.DIFFERENCE.items():
        words = bound.Rule("below", 0.5, scale).words(0.05, compared=True)
        assert f"interval of the {name} over seeds" in words


def test_a_mean_of_mostly_one_value_has_no_bootstrap_interval():
    """Of ten seeds nine are alike: a third of the draws do not vary at all."""
    verdict = bound.Rule("above", 0.5, "bootstrap").decide([1.0] * 9 + [0.9], 0.025)
    assert verdict.verdict == "undecided"
    assert verdict.low is None
    assert "too many give one value" in verdict.because


@pytest.mark.parametrize("error", [0.05, 1e-3, 1e-4])
def test_enough_draws_lie_beyond_an_end_however_small_the_error(error, monkeypatch):
    """Forty, of which the square root is 16 %: an end is no single draw's."""
    drawn = []

    class Counted:
        def integers(self, most, size):
            drawn.append(size[0])
            return np.random.Generator(np.random.SFC64(0)).integers(most, size=size)

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Counted())
    bootstrap.interval([0.1, 0.4, 0.2, 0.9], error)
    assert drawn[0] * error >= bootstrap.SMALLEST == 40
