"""What adversarial and cycle losses leave open between two Gaussians, and what decides it."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import ortho_group

from pipeline.objectives.absolute_error import absolute_error
from reference.theory import cycle
from tests.strategies import spd

SEEDS = st.integers(0, 2**32 - 1)
PAIRS = st.integers(2, 4).flatmap(
    lambda d: st.tuples(spd(size=d, condition=2.0), spd(size=d, condition=2.0), SEEDS)
)


def rotations(seed, d):
    return ortho_group(d, seed=np.random.default_rng(seed)).rvs(2)


@given(PAIRS)
def test_every_rotation_is_a_minimum(drawn):
    """It matches both distributions, and its inverse closes both cycles exactly."""
    cov_a, cov_b, seed = drawn
    Q, _ = rotations(seed, len(cov_a))
    G = cycle.matching_map(Q, cov_a, cov_b)
    F = cycle.matching_map(Q.T, cov_b, cov_a)
    assert_allclose(G @ cov_a @ G.T, cov_b, rtol=1e-9, atol=1e-11)
    assert_allclose(F @ cov_b @ F.T, cov_a, rtol=1e-9, atol=1e-11)
    assert_allclose(cycle.cycle_error(F, G, cov_a), 0, atol=1e-16)
    assert_allclose(cycle.cycle_error(G, F, cov_b), 0, atol=1e-16)


@given(PAIRS)
def test_the_error_to_the_true_partner_tells_them_apart(drawn):
    """By two formulas: from the maps, and from the rotations; between 0 and 4 tr S_b."""
    cov_a, cov_b, seed = drawn
    Q, true_Q = rotations(seed, len(cov_a))
    T = cycle.matching_map(true_Q, cov_a, cov_b)
    top = 4 * np.trace(cov_b)
    for found, known in ((Q, None), (true_Q, 0.0), (-true_Q, top)):
        error = cycle.expected_error(cycle.matching_map(found, cov_a, cov_b), T, cov_a)
        of_rotation = cycle.error_of_rotation(found, true_Q, cov_b)
        assert_allclose(error, of_rotation, rtol=1e-9, atol=1e-10)
        assert -1e-10 <= error <= top * (1 + 1e-9)
        if known is not None:
            assert_allclose(error, known, rtol=1e-9, atol=1e-10)


def test_the_mean_over_all_rotations():
    """2 tr S_b: who draws one of the minima is as far off as an independent draw from B."""
    cov_b, true_Q = np.diag([4.0, 1.0, 0.5]), np.eye(3)
    draws = ortho_group(3, seed=np.random.default_rng(0)).rvs(20_000)
    errors = [cycle.error_of_rotation(Q, true_Q, cov_b) for Q in draws]
    assert_allclose(np.mean(errors), 2 * np.trace(cov_b), rtol=0.01)


def test_in_one_dimension_there_are_two():
    """x to 1.5 x and x to -1.5 x: half of all seeds would find the wrong one, 4 x 9 away."""
    minima = [cycle.matching_map([[q]], [[4.0]], [[9.0]]) for q in (1.0, -1.0)]
    assert_allclose([m.item() for m in minima], [1.5, -1.5])
    assert_allclose(cycle.expected_error(minima[1], minima[0], [[4.0]]), 36)


@given(PAIRS)
def test_the_identity_term_chooses_the_identity(drawn):
    """Of equal distributions, whatever the true map is, a mirror for instance."""
    cov, _, seed = drawn
    eye = np.eye(len(cov))
    Q, _ = rotations(seed, len(cov))
    G = cycle.matching_map(Q, cov, cov)
    assert_allclose(
        cycle.expected_error(G, eye, cov), cycle.error_of_rotation(Q, eye, cov), atol=1e-9
    )
    least = 2 * np.linalg.eigvalsh(cov).min() * (len(cov) - np.trace(Q))
    assert cycle.expected_error(G, eye, cov) >= least - 1e-9


@given(PAIRS)
def test_the_objective_of_training_cannot_tell_them_apart(drawn):
    """The absolute error of a cycle over a sample, as CycleGAN computes it, is 0 for all of them,
    and not where one map is left as it was."""
    cov_a, cov_b, seed = drawn
    Q, other = rotations(seed, len(cov_a))
    x = torch.from_numpy(np.random.default_rng(seed).standard_normal((50, len(cov_a))))
    G = torch.from_numpy(cycle.matching_map(Q, cov_a, cov_b))
    F = torch.from_numpy(cycle.matching_map(Q.T, cov_b, cov_a))
    wrong = torch.from_numpy(cycle.matching_map(other.T, cov_b, cov_a))
    assert absolute_error(x, x @ G.T @ F.T).max() < 1e-9
    assert absolute_error(x, x @ G.T @ wrong.T).mean() > 1e-3
