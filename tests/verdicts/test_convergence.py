"""A plateau is shown, not assumed: neither noise nor a decline passes for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts.convergence import Doubled, converged

NAN = float("nan")
ROUNDS = list(range(100, 2100, 100))  # 20 snapshots, five to a quarter


def curves(shape, noise=0.0, replicas=10, seed=0):
    """A curve of the share of the training that is over, with noise, of each replica."""
    over = np.array(ROUNDS) / ROUNDS[-1]
    return (shape(over) + np.random.default_rng(seed).normal(0, noise, (replicas, 20))).tolist()


def flat(t):
    return np.minimum(2 * t, 1)


def test_a_flat_end_with_little_noise_has_converged():
    found = converged(ROUNDS, curves(flat, 0.02), 0.05)
    assert found.converged
    assert -0.05 < found.low < found.change < found.high < 0.05
    assert "10 of 10 replicas" in found.because


def test_noise_does_not_pass():
    """Flat, and the change is small; but nothing of the size of the margin is excluded."""
    found = converged(ROUNDS, curves(flat, 1.0), 0.05)
    assert not found.converged
    assert found.low < -0.05 or found.high > 0.05


@pytest.mark.parametrize("sign", [1, -1])
def test_what_still_moves_has_not_converged_whichever_way(sign):
    """A fifth of the range from quarter to quarter, margin a twentieth."""
    assert not converged(ROUNDS, curves(lambda t: sign * 0.8 * t, 0.01), 0.05).converged


@pytest.mark.parametrize(("better", "sign"), [("higher", 1), ("lower", -1)])
def test_a_plateau_after_a_decline_does_not_pass_where_one_way_is_better(better, sign):
    """Up to 1 in the first half, then down to 0.5 and flat from there on."""

    def fallen(t):
        return sign * np.where(t <= 0.5, 1.0, 0.5)

    assert converged(ROUNDS, curves(fallen, 0.02), 0.05).converged
    found = converged(ROUNDS, curves(fallen, 0.02), 0.05, better)
    assert not found.converged
    assert "But it was better in the first quarter, by " in found.because
    risen = curves(lambda t: -fallen(t), 0.02)
    assert converged(ROUNDS, risen, 0.05, better).converged


@pytest.mark.parametrize(("better", "sign"), [("higher", 1), ("lower", -1)])
def test_a_decline_that_is_less_than_the_margin_is_none(better, sign):
    """Nor is one that noise may have made: only what is shown speaks against a plateau."""
    slight = curves(lambda t: sign * np.where(t <= 0.5, 1.03, 1.0), 0.01)
    assert converged(ROUNDS, slight, 0.05, better).converged
    noisy = np.array(curves(lambda t: 0 * t, 0.02))
    noisy[:, :5] += sign * np.random.default_rng(1).normal(0.1, 1, (10, 5))
    assert converged(ROUNDS, noisy.tolist(), 0.05, better).converged


def test_the_interval_is_students_of_the_changes_of_the_quarters():
    values = curves(flat, 0.1)
    found = converged(ROUNDS, values, 0.05)
    change = np.array(values)[:, 15:].mean(1) - np.array(values)[:, 10:15].mean(1)
    ends = stats.ttest_1samp(change, 0).confidence_interval(0.95)
    np.testing.assert_allclose((found.low, found.high), ends, rtol=1e-9)


@pytest.mark.parametrize("drift", [0.05, -0.05])
def test_a_change_of_the_margin_passes_as_seldom_as_the_error_says(drift):
    """With the true change at an end of the margin a "converged" is wrong: its chance is .025."""
    wrong = sum(
        converged(ROUNDS, curves(lambda t: drift * (t > 0.75), 0.03, 5, seed), 0.05).converged
        for seed in range(600)
    )
    assert stats.binomtest(wrong, 600, 0.025, alternative="greater").pvalue > 1e-4


def test_a_metric_at_its_end_has_converged_without_scatter():
    assert converged(ROUNDS, [[8.0] * 20] * 3, 0.1).converged
    assert not converged(ROUNDS, [[0.0] * 15 + [8.0] * 5] * 3, 0.1).converged


@given(st.integers(1, 18))
def test_too_few_snapshots_show_nothing(count):
    found = converged(ROUNDS[:count], [[8.0] * count] * 3, 0.1)
    assert not found.converged
    assert "5 are needed" in found.because
    assert found.change is None


def test_snapshots_are_counted_by_rounds_and_not_by_their_places():
    """Twenty, nearly all of them early: one in the last quarter."""
    rounds = [*range(1, 20), 2000]
    assert "has 0 snapshots" in converged(rounds, [[8.0] * 20] * 3, 0.1).because
    assert not converged([], [], 0.1).converged


def test_replicas_that_diverged_have_no_part_and_are_counted():
    values = curves(flat, 0.02)
    values[3][12:] = [NAN] * 8
    found = converged(ROUNDS, values, 0.05)
    assert (found.converged, found.replicas) == (True, 9)
    assert "9 of 10 replicas" in found.because
    assert not converged(ROUNDS, [values[0], *([[NAN] * 20] * 9)], 0.05).converged


def test_an_undefined_metric_in_the_second_half_shows_nothing():
    values = curves(flat, 0.02)
    values[0][0] = None
    assert converged(ROUNDS, values, 0.05, "higher").converged
    values[0][10] = None
    assert not converged(ROUNDS, values, 0.05).converged


def bent(t):
    """What a falling rate does: most is gained in the last quarter."""
    return t**3


@given(st.sampled_from([1000, 2000]), st.floats(-0.1, 0.1), st.booleans())
def test_a_doubling_decides_and_the_half_of_one_only_for_a_plateau(once, change, level):
    """2,000 rounds: twice as many must bring no gain; from 1,000 on neither gain nor loss."""
    curve = curves(flat if level else bent, 0.01)
    found = converged(ROUNDS, curve, 0.05, "higher", Doubled(once, change, 3))
    if once == 2000:
        assert found.converged == (change < 0.05)
        lower = converged(ROUNDS, (-np.array(curve)).tolist(), 0.05, "lower")
        assert lower.converged == level  # the curve alone
        doubled = Doubled(once, -change, 3)
        mirrored = converged(ROUNDS, (-np.array(curve)).tolist(), 0.05, "lower", doubled)
        assert mirrored.converged == found.converged
        either = converged(ROUNDS, curve, 0.05, None, Doubled(once, change, 3))
        assert either.converged == (abs(change) < 0.05)
    else:
        assert found.converged == (abs(change) < 0.05 or level)
    asked = f"From {once:,} to {2 * once:,} rounds" in found.because
    assert asked == (once == 2000 or abs(change) < 0.05)


def test_a_doubling_does_not_excuse_a_decline():
    fallen = curves(lambda t: np.where(t <= 0.5, 1.0, 0.5), 0.02)
    found = converged(ROUNDS, fallen, 0.05, "higher", Doubled(2000, 0.0, 3))
    assert not found.converged
    assert "But it was better in the first quarter" in found.because


def test_a_doubling_needs_no_curve_of_many_snapshots():
    assert converged(
        [1000, 2000], [[1.0, 2.0]] * 3, 0.1, "higher", Doubled(2000, 0.0, 3)
    ).converged
    assert not converged([], [], 0.1, None, Doubled(2000, 0.0, 3)).converged
