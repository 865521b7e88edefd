"""Likelihoods are probabilities: they sum or integrate to one, and keep their tails."""

import tracemalloc

import mpmath as mp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, special, stats
from torch.nn.functional import softplus

from reference.normal import log_interval
from reference.primitives import logsumexp
from reference.quadrature import gauss_hermite, gauss_legendre
from reference.theory import likelihood as oracle
from reference.theory.parzen import parzen_loglik
from tests.strategies import logit_values

LEVELS = np.linspace(-1, 1, 256)


@given(st.floats(-2, 2), st.floats(-4, 2).map(lambda e: 10.0**e))
def test_the_levels_of_a_pixel_share_all_probability(mu, sigma):
    for loglik in (oracle.discretized_gaussian_loglik, oracle.discretized_logistic_loglik):
        assert_allclose(logsumexp(loglik(LEVELS, mu, sigma)), 0, atol=1e-11)


@given(st.sampled_from(LEVELS), st.floats(-1.5, 1.5), st.floats(-2.5, 1).map(lambda e: 10.0**e))
def test_a_level_against_forty_digits(x, mu, sigma):
    value = oracle.discretized_gaussian_loglik(x, mu, sigma)
    with mp.workdps(60):
        a, b = ((mp.mpf(float(x)) + s / mp.mpf(255) - mp.mpf(mu)) / mp.mpf(sigma) for s in (-1, 1))
        a, b = (mp.mpf("-inf") if x == -1 else a), (mp.inf if x == 1 else b)
        if a + b > 0:
            a, b = -b, -a
        known = float(mp.log((mp.erfc(-b / mp.sqrt(2)) - mp.erfc(-a / mp.sqrt(2))) / 2))
    # The ends of the bin are rounded before the normal sees them: the error grows with its
    # gradient.
    steep = max(1, (abs(x - mu) + 2 / 255) / sigma) ** 2
    assert_allclose(value, known, rtol=1e-12, atol=1e-14 * steep / min(1, sigma * 255))


def test_far_levels_are_not_cut_off():
    """A mass cut at 1e-12 would say -27.6 nats here; the truth is far below."""
    assert oracle.discretized_gaussian_loglik(LEVELS[200], -1.0, 0.03) < -1000
    assert np.isfinite(oracle.discretized_gaussian_loglik(LEVELS[200], -1.0, 0.01))


def test_a_pixel_off_the_grid_is_refused():
    with pytest.raises(ValueError, match="x must be one of the 256 levels"):
        oracle.discretized_gaussian_loglik(0.1234, 0.0, 1.0)


@given(st.floats(-40, 30), st.floats(1e-12, 10))
def test_an_interval_of_the_normal(low, width):
    value = log_interval(low, low + width)
    with mp.workdps(60):
        a, b = mp.mpf(low), mp.mpf(low + width)
        if a + b > 0:
            a, b = -b, -a
        mass = (mp.erfc(-b / mp.sqrt(2)) - mp.erfc(-a / mp.sqrt(2))) / 2
        known = float(mp.log(mass)) if mass > 0 else -np.inf
    assert_allclose(value, known, rtol=1e-9, atol=1e-9)


@given(st.floats(-30, 30))
def test_the_continuous_bernoulli_integrates_to_one(a):
    log_c = oracle.continuous_bernoulli_logC(a)
    total, _ = integrate.quad(lambda x: np.exp(log_c + oracle.bernoulli_loglik(x, a)), 0, 1)
    assert_allclose(total, 1, rtol=1e-10)


def test_grey_pixels_under_a_bernoulli_are_no_density():
    total, _ = integrate.quad(lambda x: np.exp(oracle.bernoulli_loglik(x, 0.0)), 0, 1)
    assert_allclose(total, 0.5, rtol=1e-12)


@given(st.integers(0, 30), logit_values(30.0))
def test_the_binomial(n, a):
    k = np.arange(n + 1)
    known = stats.binom.logpmf(k, n, special.expit(a))
    ours = oracle.binomial_loglik(k, n, a)
    assert_allclose(logsumexp(ours), 0, atol=1e-12)
    if abs(a) < 5:
        assert_allclose(ours, known, rtol=1e-10, atol=1e-11)


@given(st.floats(-3, 3), st.floats(-2, 2))
def test_the_gaussian_integrates_to_one(mu, v):
    x, w = gauss_legendre(mu + np.exp(v / 2) * np.array([-38, -8, -3, 0, 3, 8, 38]), 40)
    assert_allclose(w @ np.exp(oracle.gaussian_loglik(x, mu, v)), 1, rtol=1e-13)


def test_extreme_log_variances_stay_finite():
    assert np.isfinite(oracle.gaussian_loglik(0.0, 1e-20, np.array([-80.0, 80.0]))).all()
    assert oracle.gaussian_loglik(0.0, 1.0, -800.0) == -np.inf


def test_a_mean_of_draws_covers_its_expectation():
    """2,000 intervals of 50 draws: 95 % cover, within 4.5 binomial errors of a t-shortfall."""
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((2000, 50))
    intervals = np.array([oracle.mc_mean(row) for row in draws])
    covered = ((intervals[:, 2] < 0) & (intervals[:, 3] > 0)).mean()
    true = 1 - 2 * stats.t.sf(1.959964, 49)
    assert abs(covered - true) < 4.5 * np.sqrt(true * (1 - true) / 2000)
    with pytest.raises(ValueError, match="at least 2"):
        oracle.mc_mean([1.0])


@given(st.floats(-50, 50))
def test_torchs_softplus_is_modelled(x):
    ours = softplus(torch.tensor(x, dtype=torch.float64))
    assert_allclose(ours, oracle.softplus_torch(x), rtol=1e-14, atol=1e-320)


def test_a_parzen_window_is_a_density_and_survives_distance():
    rng = np.random.default_rng(0)
    s = rng.standard_normal((20, 1))
    x, w = gauss_legendre(np.linspace(-8, 8, 33), 20)
    assert_allclose(w @ np.exp(parzen_loglik(x, s, 0.3)), 1, rtol=1e-12)
    far = parzen_loglik([[1000.0]], s, 0.3)
    assert -1e7 < far < -1e6
    y = rng.standard_normal((7, 1))
    assert_allclose(parzen_loglik(y, s, 0.3, chunk=2), parzen_loglik(y, s, 0.3), rtol=0)


@pytest.mark.parametrize("degree", [0, 1, 5, 15])
def test_quadrature_is_exact_for_polynomials(degree):
    x, w = gauss_legendre([-1.0, 0.5, 2.0], 8)
    known = (2.0 ** (degree + 1) - (-1.0) ** (degree + 1)) / (degree + 1)
    assert_allclose(w @ x**degree, known, rtol=1e-13)
    z, v = gauss_hermite(10)
    assert_allclose(
        v @ z**degree,
        0 if degree % 2 else special.factorial2(max(degree - 1, 0)) or 1,
        rtol=1e-10,
        atol=1e-8,
    )


def test_a_parzen_window_needs_no_table_of_all_differences(monkeypatch):
    """40 images of 784 pixels from 2,000 samples: 0.5 GB of differences, 32 MiB at a time."""
    rng = np.random.default_rng(0)
    x, s = rng.uniform(size=(40, 784)), rng.uniform(size=(2000, 784))
    tracemalloc.start()
    value = parzen_loglik(x, s, 0.3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160e6
    for numbers in (1, 784 * 7, 10**9):
        monkeypatch.setattr("reference.theory.parzen.TABLE", numbers)
        assert_array_equal(parzen_loglik(x[:3], s[:50], 0.3), parzen_loglik(x[:3], s[:50], 0.3, 1))
    assert_allclose(value[:3], [parzen_loglik(x[[i]], s, 0.3)[0] for i in range(3)], rtol=1e-13)
