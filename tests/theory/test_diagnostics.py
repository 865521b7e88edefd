"""Diagnostics of samples and maps, on planted cases and against other implementations."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reference.metrics.interpolation import path_length
from reference.theory import diagnostics as oracle

SEEDS = st.integers(0, 2**32 - 1)


@given(st.sets(st.integers(0, 7), min_size=1), st.integers(1, 5))
def test_planted_modes(modes, strays):
    centres = np.arange(8.0)[:, None] * 10
    x = np.concatenate([centres[sorted(modes)], np.full((strays, 1), 5.1)])
    found, share = oracle.mode_coverage(x, centres, 0.5)
    assert found == len(modes)
    assert_allclose(share, len(modes) / (len(modes) + strays))


@given(st.integers(1, 6), st.integers(1, 10))
def test_the_score_counts_confident_and_even_classes(classes, repeats):
    p = np.tile(np.eye(classes), (repeats, 1))
    assert_allclose(oracle.inception_score(p), classes, rtol=1e-12)
    assert_allclose(oracle.inception_score(np.full((3, classes), 1 / classes)), 1, rtol=1e-14)


def test_copies_are_near_and_fresh_samples_are_not():
    rng = np.random.default_rng(0)
    train, test, fresh = rng.standard_normal((3, 200, 2))
    assert oracle.nn_distance_ratio(train[:50], train, test) == 0
    assert 0.7 < oracle.nn_distance_ratio(fresh, train, test) < 1.4
    with pytest.raises(ValueError, match="test must not lie in train"):
        oracle.nn_distance_ratio(fresh, train, train)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_dimension_of_a_flat_piece(d):
    """A d-cube in ten dimensions, turned and scaled: d within four errors d / sqrt(n)."""
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((10, 10)))
    x = rng.random((800, d)) @ turn[:d]
    estimate = oracle.twonn_id(x)
    assert abs(estimate - d) < 4 * d / np.sqrt(800)
    assert_allclose(oracle.twonn_id(2 * x), estimate, rtol=1e-9)


@given(SEEDS)
def test_permutations_are_found_and_mixtures_are_not(seed):
    rng = np.random.default_rng(seed)
    P = np.eye(4)[rng.permutation(4)] * rng.uniform(0.5, 2, 4)
    assert oracle.amari_index(P) == 0
    assert 0.01 < oracle.amari_index(rng.standard_normal((4, 4))) <= 1
    assert_allclose(oracle.amari_index(np.ones((3, 3))), 1)


def test_between_two_latents():
    rng = np.random.default_rng(0)
    z, other = rng.standard_normal((2, 20_000, 30))
    for t in (0.0, 0.3, 0.5, 1.0):
        square = ((t * z + (1 - t) * other) ** 2).sum(1)
        error = square.std() / np.sqrt(len(square))
        assert abs(square.mean() - oracle.interp_norm_distribution(t, 30)) < 4.5 * error


@given(SEEDS)
def test_no_step_is_longer_than_the_bound(seed):
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal(s) for s in ((5, 2), (4, 5), (3, 4))]

    def f(z):
        for w in weights[:-1]:
            z = np.where(z @ w.T > 0, z @ w.T, 0.2 * (z @ w.T))
        return z @ weights[-1].T

    z, other = rng.standard_normal((2, 20, 2))
    stretch = np.sqrt(((f(z) - f(other)) ** 2).sum(1) / ((z - other) ** 2).sum(1))
    bound = oracle.lipschitz_upper_bound(weights)
    assert stretch.max() <= bound * (1 + 1e-12)
    line = z[0] + np.linspace(0, 1, 50)[:, None] * (other[0] - z[0])
    assert path_length(f(line)) <= bound * path_length(line) * (1 + 1e-12)


def test_a_barrier_closes_the_gap():
    """Two wells: against the eigenvalues of the chain itself, and less for higher barriers."""
    gaps = []
    for barrier in (1.0, 4.0, 8.0):
        U = np.array([0.0, barrier, 0.0])
        accept = np.minimum(1, np.exp(U[:, None] - U)) / 2
        P = np.triu(np.tril(accept, 1), -1)
        P = P - np.diag(np.diag(P))
        P = P + np.diag(1 - P.sum(1))
        known = np.sort(np.linalg.eigvals(P).real)[-2]
        gaps.append(oracle.metropolis_gap(U))
        assert_allclose(gaps[-1], 1 - known, rtol=1e-9)
    assert gaps[0] > gaps[1] > gaps[2]


@given(SEEDS, st.integers(1, 4), st.integers(1, 3))
def test_a_partition_function_by_all_states(seed, n, m):
    """The sum over the 2^(n + m) states of all units, and no state can be left out of it."""
    rng = np.random.default_rng(seed)
    W, a, b = rng.standard_normal((n, m)), rng.standard_normal(n), rng.standard_normal(m)
    states = np.array([*product((0, 1), repeat=n + m)])
    v, h = states[:, :n], states[:, n:]
    energies = v @ a + h @ b + np.einsum("sn,nm,sm->s", v, W, h)
    found = oracle.rbm_logZ_bruteforce(W, a, b)
    assert_allclose(found, np.log(np.exp(energies).sum()), rtol=1e-12)
    for left_out in range(len(states)):
        others = np.delete(energies, left_out)
        assert np.log(np.exp(others).sum()) < found if len(others) else True
    # The machine's probabilities sum to 1 with this normaliser and with no other.
    assert_allclose(np.exp(energies - found).sum(), 1, rtol=1e-12)


def test_flips():
    assert oracle.flip_rate([1, 2, 3, 3], [1, 2, 2, 1]) == 0.5
    with pytest.raises(ValueError, match="differ in shape"):
        oracle.flip_rate([1], [1, 2])
