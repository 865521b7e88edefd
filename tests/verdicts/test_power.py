"""The number of replicas that is told is the least that shows the effect that often."""

from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import binomial, bound, equivalence, power

KINDS = ["mean", "difference", "equivalence", "equivalence of two"]
EFFECTS = st.floats(0.2, 3)
LEVELS = st.sampled_from([0.9, 0.95, 0.9957])


def decided(kind, n, effect, level, times, seed=0):
    """How often the rules themselves decide, of so many simulations with deviation 1."""
    rng, error = np.random.default_rng(seed), (1 - level) / 2
    rule = {"mean": bound.Rule("above", -effect), "difference": bound.Rule("above", -effect)}.get(
        kind, equivalence.Rule(0.0, effect)
    )
    found = []
    for _ in range(times):
        x, y = rng.normal(0, 1, (2, n)).tolist()
        one = kind in ("mean", "equivalence")
        found.append((rule.decide(x, error) if one else rule.compare(x, y, error)).verdict)
    return found.count("holds")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "effect"), [(5, 1.2), (10, 1.0), (20, 0.9)])
def test_the_power_is_how_often_the_rule_decides(kind, n, effect):
    """Within the error of 400 simulations of the rule itself, and .02 for Welch's degrees of
    freedom, which are fewer than 2n - 2 on the average."""
    times = 400
    told = power.power(n, effect, 1.0, 0.95, kind)
    found = decided(kind, n, effect, 0.95, times) / times
    assert abs(found - told) < 4.5 * np.sqrt(max(told * (1 - told), 0.01) / times) + 0.02


@settings(max_examples=20)
@given(st.integers(2, 60), EFFECTS, LEVELS)
def test_of_a_mean_it_is_the_noncentral_t(n, effect, level):
    """By integrating the normal test over the distribution of s."""
    t = stats.t.ppf((1 + level) / 2, n - 1)
    u = stats.chi2.ppf((np.arange(20_000) + 0.5) / 20_000, n - 1)
    by_hand = stats.norm.sf(t * np.sqrt(u / (n - 1)) - effect * np.sqrt(n)).mean()
    assert power.power(n, effect, 1.0, level, "mean") == pytest.approx(by_hand, abs=1e-4)


@settings(max_examples=20)
@given(st.sampled_from(KINDS), EFFECTS, LEVELS, st.floats(0.01, 100))
def test_it_is_the_least_number_and_knows_no_unit(kind, effect, level, unit):
    n = power.replicas_for(effect, 1.0, level, kind)
    assert power.power(n, effect, 1.0, level, kind) >= 0.8
    assert n == 2 or power.power(n - 1, effect, 1.0, level, kind) < 0.8
    assert power.replicas_for(unit * effect, unit, level, kind) == n


def test_the_figure_that_every_textbook_has():
    """Cohen's table: an effect of half a deviation takes 64 of each group, two-sided .05, and an
    effect of .8 takes 26."""
    assert power.replicas_for(0.5, 1.0, 0.95, "difference") == 64
    assert power.replicas_for(0.8, 1.0, 0.95, "difference") == 26


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_out_of_reach_is_told(kind):
    assert power.replicas_for(1e-4, 1.0, 0.95, kind) is None
    assert power.replicas_for(0.0, 1.0, 0.95, kind) is None
    assert "more than 10,000 replicas" in power.would_take(None, 10)


@pytest.mark.parametrize(("truth", "share"), [(0.9, 0.5), (0.1, 0.5), (0.7, 0.5)])
@pytest.mark.parametrize("level", [0.95, 0.9957])
def test_of_a_share_it_is_the_power_of_the_exact_rule(truth, share, level):
    """The chance that the rule decides, at the number told and ten more; one fewer does not
    keep it. The counts that decide are found from the rule itself, by halving."""
    n = power.replicas_for_share(truth, share, level)
    rule = binomial.Rule(1.0, "above" if truth > share else "below", share)

    def holds(m, k):
        k = k if truth > share else m - k
        return rule.decide([1.0] * k + [0.0] * (m - k), (1 - level) / 2).verdict == "holds"

    def chance(m):
        least = bisect_left(range(m + 1), True, key=lambda k: holds(m, k))
        return stats.binom.sf(least - 1, m, max(truth, 1 - truth))

    assert all(chance(m) >= 0.8 for m in (n, n + 1, n + 2, n + 10))
    assert chance(n - 1) < 0.8


def test_the_words_are_a_condition_and_no_promise():
    assert power.would_take(37, 10) == (
        "If the truth is what was found, 37 replicas would decide it with a chance of 0.8; there "
        "are 10."
    )
    assert "12 replicas of each run would decide" in power.would_take(12, 10, each=True)
    assert "10 replicas decide it" in power.would_take(8, 10)
    assert power.replicas_for_share(0.5, 0.5, 0.95) is None
