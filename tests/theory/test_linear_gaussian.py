"""The linear Gaussian model, where all is exact: log p(x) = ELBO + KL to the posterior."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats

from reference.quadrature import gauss_hermite
from reference.theory import linear_gaussian as oracle
from reference.theory.kl import kl_mvn
from reference.theory.latent import marginal_loglik_quad
from tests.strategies import spd

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, d=3, k=2):
    rng = np.random.default_rng(seed)
    W, b, x = rng.standard_normal((d, k)), rng.standard_normal(d), rng.standard_normal(d)
    return W, b, 10.0 ** rng.uniform(-1, 1), x, rng


@given(SEEDS)
def test_log_p_is_the_bound_plus_the_gap(seed):
    """For any diagonal q the bound is E_q log p(x | z) less the KL from the prior, and lies below
    log p(x) by the KL of q from the true posterior."""
    W, b, s2, x, rng = drawn(seed)
    mu, v = rng.standard_normal(2), rng.uniform(-2, 1, 2)
    log_p = oracle.linear_gaussian_loglik(x, W, b, s2)
    bound = oracle.elbo_linear_gaussian(x, W, b, s2, mu, v)
    mean, cov = oracle.linear_gaussian_posterior(x, W, b, s2)
    gap = kl_mvn(mu, np.diag(np.exp(v)), mean, (cov + cov.T) / 2)
    assert bound <= log_p
    assert_allclose(bound + gap, log_p, rtol=1e-11, atol=1e-11)
    # E_q of a square: three nodes in each of two dimensions are exact.
    node, weight = gauss_hermite(3)
    z = mu + np.exp(v / 2) * np.array([*product(node, repeat=2)])
    likelihood = stats.norm.logpdf(x, z @ W.T + b, np.sqrt(s2)).sum(1)
    reconstruction = np.array([w * u for w, u in product(weight, repeat=2)]) @ likelihood
    kl = kl_mvn(mu, np.diag(np.exp(v)), np.zeros(2), np.eye(2))
    assert_allclose(bound, reconstruction - kl, rtol=1e-11, atol=1e-11)


@given(SEEDS)
def test_one_latent_closes_the_gap(seed):
    """With one latent the diagonal family holds the posterior, and the bound is log p."""
    W, b, s2, x, _ = drawn(seed, k=1)
    mean, cov = oracle.linear_gaussian_posterior(x, W, b, s2)
    bound = oracle.elbo_linear_gaussian(x, W, b, s2, mean, np.log(np.diag(cov)))
    assert_allclose(bound, oracle.linear_gaussian_loglik(x, W, b, s2), rtol=1e-12)


@given(SEEDS, st.sampled_from([(3, 2), (2, 3), (1, 1), (4, 1)]))
def test_against_scipy_and_the_joint_gaussian(seed, size):
    d, k = size
    W, b, s2, x, _ = drawn(seed, d, k)
    mean, cov = oracle.linear_gaussian_marginal(W, b, s2)
    known = stats.multivariate_normal.logpdf(x, mean, cov)
    assert_allclose(oracle.linear_gaussian_loglik(x, W, b, s2), known, rtol=1e-10, atol=1e-10)
    post_mean, post_cov = oracle.linear_gaussian_posterior(x, W, b, s2)
    gain = W.T @ np.linalg.inv(cov)
    assert_allclose(post_mean, gain @ (x - b), rtol=1e-9, atol=1e-11)
    assert_allclose(post_cov, np.eye(k) - gain @ W, rtol=1e-9, atol=1e-11)


@settings(max_examples=20)
@given(SEEDS, st.sampled_from([1, 2]))
def test_by_quadrature_over_the_latents(seed, k):
    """The integral over one latent or two of p(x | z) p(z) is the closed form, at any noise that
    the nodes can see."""
    W, b, s2, x, _ = drawn(seed, k=k)
    s2 = 1 + s2

    def loglik(z):
        return stats.norm.logpdf(x, z @ W.T + b, np.sqrt(s2)).sum(1)

    known = oracle.linear_gaussian_loglik(x, W, b, s2)
    assert_allclose(marginal_loglik_quad(loglik, k, 80), known, rtol=1e-8)


@given(SEEDS)
def test_single_axes_of_the_latent_mean_nothing(seed):
    """Turning the latents by any orthogonal matrix leaves every density as it was."""
    W, b, s2, x, rng = drawn(seed)
    turn, _ = np.linalg.qr(rng.standard_normal((2, 2)))
    turned = oracle.linear_gaussian_loglik(x, W @ turn, b, s2)
    assert_allclose(turned, oracle.linear_gaussian_loglik(x, W, b, s2), rtol=1e-12)


@given(spd(size=4, condition=2.0))
def test_principal_components_are_the_most_likely_model(cov):
    """No other loadings or noise make the data likelier, and the expected bound agrees."""
    W, s2, values = oracle.ppca_optimum(cov, 2)
    rng = np.random.default_rng(0)

    def loss(W, s2):
        model = W @ W.T + s2 * np.eye(4)
        return np.linalg.slogdet(model)[1] + np.trace(np.linalg.solve(model, cov))

    best = loss(W, s2)
    assert_allclose(np.sort(values)[::-1], values)
    for _ in range(5):
        assert loss(W + 1e-2 * rng.standard_normal(W.shape), s2) >= best - 1e-12
        assert loss(W, s2 * np.exp(0.01 * rng.standard_normal())) >= best - 1e-12
    assert_allclose(s2, oracle.pca_floor(cov, 2) / 2, rtol=1e-12)


def test_weak_directions_collapse():
    """An eigenvalue no larger than the noise gets no column: the posterior is the prior."""
    W, s2, _ = oracle.ppca_optimum(np.diag([4.0, 1.0, 1.0, 1.0]), 2)
    assert_allclose(np.abs(W).sum(0) > 1e-7, [True, False])
    _, cov = oracle.linear_gaussian_posterior(np.zeros(4), W, np.zeros(4), s2)
    assert_allclose(np.sort(np.diag(cov)), [0.25, 1.0], atol=1e-12)


@given(spd(size=4, condition=2.0), st.integers(0, 4))
def test_the_floor_of_linear_autoencoders(cov, k):
    """Reconstructing from the k leading directions costs exactly the other eigenvalues."""
    _, vectors = np.linalg.eigh(cov)
    lead = vectors[:, 4 - k :]
    left = np.eye(4) - lead @ lead.T
    assert_allclose(np.trace(left @ cov), oracle.pca_floor(cov, k), rtol=1e-9, atol=1e-13)
    other = np.linalg.qr(np.random.default_rng(k).standard_normal((4, 4)))[0][:, :k]
    left = np.eye(4) - other @ other.T
    assert np.trace(left @ cov) >= oracle.pca_floor(cov, k) - 1e-12


def test_a_direct_fit_finds_the_same_noise():
    cov = np.diag([5.0, 2.0, 0.5])
    W, s2, _ = oracle.ppca_optimum(cov, 1)

    def loss(theta):
        model = np.outer(theta[:3], theta[:3]) + np.exp(theta[3]) * np.eye(3)
        return np.linalg.slogdet(model)[1] + np.trace(np.linalg.solve(model, cov))

    found = optimize.minimize(loss, [1.0, 0.1, 0.1, 0.0], method="BFGS")
    assert_allclose(np.exp(found.x[3]), s2, rtol=1e-4)
    assert_allclose(np.abs(found.x[:3]), np.abs(W[:, 0]), atol=1e-3)


def test_bad_models_are_refused():
    with pytest.raises(ValueError, match="s2 must be above 0"):
        oracle.linear_gaussian_loglik([0.0], [[1.0]], [0.0], 0.0)
    with pytest.raises(ValueError, match="do not fit"):
        oracle.linear_gaussian_loglik([0.0], [[1.0]], [0.0, 1.0], 1.0)
