"""Proposition 2: a generator that descends its distribution against D* reaches the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from reference.theory import simplex as oracle
from reference.theory.divergences import jsd
from reference.theory.kl import kl_categorical
from reference.theory.optimal_discriminator import optimal_discriminator
from reference.theory.value_function import criterion_C
from tests.strategies import positive_simplex


@given(positive_simplex(size=4, least=0.02), positive_simplex(size=4, least=0.02))
def test_the_gradient_is_log_one_minus_d_star(p, q):
    """By central differences of C along the simplex, and by the discriminator itself."""
    gradient = oracle.prop2_gradient(p, q)
    assert_allclose(gradient, np.log1p(-optimal_discriminator(p, q)), rtol=1e-12)
    h = 1e-6
    for way in np.eye(4) - 0.25:
        known = (criterion_C(p, q + h * way) - criterion_C(p, q - h * way)) / (2 * h)
        assert_allclose(gradient @ way, known, rtol=1e-6, atol=1e-8)


@settings(max_examples=12)
@given(positive_simplex(size=5), positive_simplex(size=5), st.sampled_from([0.1, 0.5, 1.0]))
def test_every_step_lowers_the_criterion_and_the_end_is_the_data(p, q, eta):
    """Monotone, and C + log 4 <= KL(p || q_0) / (eta T) after T steps."""
    start = kl_categorical(p, q)
    before = criterion_C(p, q)
    now = q
    for _ in range(20):
        now = oracle.prop2_eg(p, now, eta, 1)
        assert criterion_C(p, now) <= before + 1e-15
        before = criterion_C(p, now)
    assert 2 * jsd(p, now) <= start / (eta * 20) + 1e-14
    # The slowest mode shrinks by 1 - eta / 2 a step.
    assert_allclose(oracle.prop2_eg(p, q, eta, 900), p, atol=1e-9)


@given(positive_simplex(size=5), positive_simplex(size=5))
def test_a_step_of_one_goes_half_the_way(p, q):
    half = oracle.prop2_eg(p, q, 1.0, 1)
    assert_allclose(half, oracle.prop2_step_closed_form(p, q), rtol=1e-14)
    assert_allclose(oracle.prop2_eg(p, q, 1.0, 10) - p, (q - p) / 1024, atol=1e-15)


@given(positive_simplex(size=4))
def test_the_data_is_a_fixed_point(p):
    assert_allclose(oracle.prop2_eg(p, p, 0.7, 50), p, rtol=1e-12)
    assert_allclose(oracle.prop2_projected_gd(p, p, 1e-3, 50), p, atol=1e-12)


def test_what_the_generator_never_makes_it_never_learns():
    """Proposition 2 needs support: a zero stays a zero, and C stays above -log 4."""
    p, q = np.array([0.5, 0.5, 0.0]), np.array([1.0, 0.0, 0.0])
    end = oracle.prop2_eg(p, q, 0.5, 1000)
    assert end[1] == 0
    assert criterion_C(p, end) > -np.log(4) + 0.1
    assert oracle.prop2_gradient(p, q)[1] == -np.inf


@settings(max_examples=8)
@given(positive_simplex(size=4, least=0.1), positive_simplex(size=4, least=0.1))
def test_euclidean_descent_ends_there_too(p, q):
    end = oracle.prop2_projected_gd(p, q, 0.02, 3000)
    assert_allclose(end, p, atol=1e-6)


@given(arrays(float, 4, elements=st.floats(-5, 5)), positive_simplex(size=4))
def test_the_projection_is_the_nearest_point(v, other):
    """Its angle with every direction into the simplex is obtuse (KKT), and it repeats."""
    x = oracle.project_simplex(v)
    assert (x >= 0).all()
    assert_allclose(x.sum(), 1, rtol=1e-14)
    assert (v - x) @ (other - x) <= 1e-13
    assert_allclose(oracle.project_simplex(x), x, atol=4e-16)


def test_the_best_response_is_every_tie():
    assert oracle.best_response_G([1.0, 3.0, 3.0, 2.0]).tolist() == [1, 2]


def test_bad_steps_are_refused():
    with pytest.raises(ValueError, match="eta must be above 0"):
        oracle.prop2_eg([0.5, 0.5], [0.5, 0.5], 0.0, 1)


@given(st.tuples(*[positive_simplex(size=3)] * 4), st.floats(0.01, 2), st.integers(0, 5))
def test_a_batch_of_games_is_its_games(distributions, eta, steps):
    """Each row by itself: what is divided by is its own sum, what is cut its own excess."""
    p, q = np.stack(distributions[:2]), np.stack(distributions[2:])
    for step in (oracle.prop2_eg, oracle.prop2_projected_gd):
        together = step(p, q, eta, steps)
        assert_allclose(together.sum(-1), 1, rtol=1e-14)
        alone = [step(a, b, eta, steps) for a, b in zip(p, q, strict=True)]
        assert_allclose(together, alone, rtol=1e-14, atol=1e-300)
    far = 9 * (p - 0.3)
    alone = [oracle.project_simplex(v) for v in far]
    assert_allclose(oracle.project_simplex(far), alone, rtol=1e-15)


def test_ties_keep_their_own_shares():
    """Of entries above the cut, all of them: three alike, one below, and one alone."""
    assert_allclose(oracle.project_simplex([2.0, 2.0, 2.0, 0.0]), [1 / 3, 1 / 3, 1 / 3, 0])
    assert_allclose(oracle.project_simplex([[0.2, 0.3], [7.0, -7.0]]), [[0.45, 0.55], [1, 0]])
