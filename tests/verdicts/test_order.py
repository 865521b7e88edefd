"""Runs are called ordered when every step between neighbours is, and only then."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import order

UP, DOWN = order.Rule("below"), order.Rule("above")
NAN = float("nan")
columns = st.integers(2, 8).flatmap(
    lambda n: st.lists(st.lists(st.floats(-5, 5), min_size=n, max_size=n), min_size=2, max_size=4)
)


@given(columns, st.sampled_from([0.05, 0.01]))
def test_it_is_all_the_paired_tests_at_their_share_of_the_error(x, error):
    steps = np.diff(x, axis=0)
    assume((steps.std(axis=1) > 1e-3).all())
    share = error / len(steps)
    up = np.array([stats.ttest_1samp(s, 0, alternative="greater").pvalue for s in steps])
    down = np.array([stats.ttest_1samp(s, 0, alternative="less").pvalue for s in steps])
    assume((abs(np.concatenate([up, down]) - share) > 1e-9).all())
    expected = "fails" if (down < share).any() else "holds" if (up < share).all() else "undecided"
    verdict = UP.decide(x, error)
    assert verdict.verdict == expected
    assert verdict.level == pytest.approx(1 - 2 * share)
    # The step that is told is one that bears the verdict.
    assert {"holds": verdict.low > 0, "fails": verdict.high < 0}.get(expected, True)


@given(columns)
def test_the_list_backwards_is_ordered_the_other_way(x):
    assume((np.diff(x, axis=0).std(axis=1) > 1e-3).all())
    up, down = UP.decide(x, 0.05), DOWN.decide(x[::-1], 0.05)
    assert up[:1] + up[2:] == down[:1] + down[2:]


def test_equal_runs_hold_and_fail_no_more_often_than_the_error():
    """With all means equal the claim is false, so "holds" is wrong; with equal neighbours a
    "fails" is the union of two events of chance error / 2 each."""
    samples = np.random.default_rng(0).normal(0, 1, (2000, 3, 10))
    found = [UP.decide(x, 0.1).verdict for x in samples]
    assert found.count("holds") / 2000 < 0.01
    assert stats.binomtest(found.count("fails"), 2000, 0.1, alternative="greater").pvalue > 1e-4


def test_one_flat_step_leaves_a_ladder_undecided():
    rng = np.random.default_rng(1)
    x = np.array([0.0, 1.0, 1.0])[:, None] + rng.normal(0, 0.1, (3, 10))
    assert UP.decide(x.tolist(), 0.05).verdict == "undecided"


def test_a_replica_that_is_not_finite_counts_against_the_claim():
    assert UP.decide([[0.0, 0.1], [1.0, NAN]], 0.05).verdict == "fails"


def test_the_words_tell_every_step():
    x = [[0.0, 0.1, 0.2], [1.0, 1.2, 1.1], [3.0, 3.3, 3.1]]
    assert UP.decide(x, 0.05).because.startswith(
        "From each run to the next the mean over 3 seeds goes up by 1 ["
    )
    words = UP.words(0.05, 3)
    assert "every run is below the next: of the differences" in words
    assert "all 95 % intervals" in words
