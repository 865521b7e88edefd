"""Bounds on log p(x): below it, tighter with more draws, exact with the right q."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from reference.theory import latent as oracle
from reference.theory.linear_gaussian import linear_gaussian_loglik, linear_gaussian_posterior
from reference.theory.sample_mean import expected_log_mean, expected_sample_mean
from tests.strategies import positive_simplex, simplex

WEIGHTS = arrays(float, 4, elements=st.floats(-20, 5))


@given(WEIGHTS, positive_simplex(size=4))
def test_more_draws_tighten_the_bound_and_never_pass_it(logw, q):
    """E log mean of K weights, all draws enumerated: ELBO at K = 1, rising, below log E w."""
    bounds = [expected_log_mean(logw, q, k) for k in (1, 2, 3, 5)]
    evidence = oracle.logsumexp(logw + np.log(q))
    assert_allclose(bounds[0], q @ logw, rtol=1e-12, atol=1e-13)
    for lower, upper in zip(bounds, [*bounds[1:], evidence], strict=True):
        assert lower <= upper + 1e-12 * max(1, abs(upper))
    if np.ptp(logw) > 0.1:
        assert bounds[0] < bounds[1] < bounds[2] < evidence


@given(st.floats(-50, 50), st.integers(1, 6))
def test_equal_weights_have_no_variance(logw, k):
    """With q the posterior every weight is p(x), and one draw is enough."""
    assert_allclose(oracle.iwae(np.full(k, logw)), logw, rtol=1e-15, atol=1e-15)


def test_with_the_posterior_it_is_the_evidence():
    rng = np.random.default_rng(0)
    W, b, s2 = rng.standard_normal((3, 1)), rng.standard_normal(3), 0.5
    x = rng.standard_normal(3)
    mean, cov = linear_gaussian_posterior(x, W, b, s2)
    z = mean + np.sqrt(cov[0]) * rng.standard_normal((40, 1))
    joint = stats.norm.logpdf(x, z @ W.T + b, np.sqrt(s2)).sum(1) + stats.norm.logpdf(z)[:, 0]
    logw = joint - stats.norm.logpdf(z, mean, np.sqrt(cov[0]))[:, 0]
    known = linear_gaussian_loglik(x, W, b, s2)
    assert_allclose(logw, known, rtol=1e-11)
    assert_allclose(oracle.iwae(logw), known, rtol=1e-12)


@given(arrays(float, (3, 5), elements=st.floats(-300, 300)))
def test_one_draw_is_the_elbo_and_order_is_nothing(logw):
    assert_allclose(oracle.iwae(logw[:, :1]), oracle.elbo_mc(logw[:, :1], 0 * logw[:, :1]))
    assert_allclose(oracle.iwae(logw), oracle.iwae(logw[:, ::-1]), rtol=1e-13, atol=1e-13)
    assert (oracle.iwae(logw) >= logw.mean(-1) - 1e-12).all()
    assert_allclose(oracle.iwae_grad_weights(logw).sum(-1), 1, rtol=1e-14)


@given(WEIGHTS)
def test_its_gradients_are_the_normalised_weights(logw):
    h = 1e-6
    known = [(oracle.iwae(logw + h * e) - oracle.iwae(logw - h * e)) / (2 * h) for e in np.eye(4)]
    assert_allclose(oracle.iwae_grad_weights(logw), known, atol=1e-7)


@given(st.floats(-5, 5), st.floats(-4, 4))
def test_the_path_through_a_sample(mu, v):
    """E z^2 = mu^2 + e^v; its gradients 2 mu and e^v come through the sample, by quadrature."""
    eps, w = np.polynomial.hermite_e.hermegauss(20)
    w = w / w.sum()
    z = oracle.reparam_sample(mu, v, eps)
    assert_allclose(w @ z**2, mu**2 + np.exp(v), rtol=1e-12)
    in_mu, in_v = oracle.reparam_grad(2 * z, mu, v, eps)
    assert_allclose([w @ in_mu, w @ in_v], [2 * mu, np.exp(v)], rtol=1e-11, atol=1e-12)


def test_drawn_so_they_are_normal():
    z = oracle.reparam_sample(2.0, np.log(9.0), np.random.default_rng(0).standard_normal(20_000))
    assert stats.kstest((z - 2) / 3, "norm").pvalue > 1e-4


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_terms_are_sums_over_pixels_and_means_over_examples(likelihood):
    rng = np.random.default_rng(0)
    x, decoded = rng.uniform(0, 1, (6, 10)), rng.standard_normal((6, 10))
    mu, v = rng.standard_normal((2, 6, 3))
    once = oracle.elbo_terms(x, decoded, mu, v, likelihood)
    wide = oracle.elbo_terms(*(np.tile(a, (1, 2)) for a in (x, decoded, mu, v)), likelihood)
    tall = oracle.elbo_terms(*(np.tile(a, (2, 1)) for a in (x, decoded, mu, v)), likelihood)
    assert_allclose(wide, 2 * np.array(once), rtol=1e-13)
    assert_allclose(tall, once, rtol=1e-13)


@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(1.1, 8))
def test_the_variance_is_the_weight_of_the_squared_error(seed, log_noise, weight):
    """The bound at variance s2 is SSE / (2 s2) and the KL, but for (d / 2) log(2 pi s2); at s2 =
    1/2 it is the SSE and the KL, but for (d / 2) log pi. A weight b of the KL is that of variance
    b / 2, scaled, and falls short of the bound at 1/2 by (b - 1) KL: another loss."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 6))
    x, decoded = rng.standard_normal((2, 5, d))
    mu, v = rng.standard_normal((2, 5, 3))
    squared = ((x - decoded) ** 2).sum(-1).mean()
    r, k = oracle.elbo_terms(x, decoded, mu, v, "gaussian", log_noise)
    s2 = np.exp(log_noise)
    assert_allclose(r, squared / (2 * s2) + d / 2 * np.log(2 * np.pi * s2), rtol=1e-11, atol=1e-12)
    half, kl = oracle.elbo_terms(x, decoded, mu, v, "gaussian", np.log(0.5))
    assert_allclose(half - squared, d / 2 * np.log(np.pi), rtol=1e-9, atol=1e-12)
    assert kl == k > 0
    assert_allclose(oracle.beta_elbo(half, kl, 1.0), -(half + kl))
    less = oracle.beta_elbo(half, kl, 1.0) - oracle.beta_elbo(half, kl, weight)
    assert_allclose(less, (weight - 1) * kl, rtol=1e-9)
    wide, _ = oracle.elbo_terms(x, decoded, mu, v, "gaussian", np.log(weight / 2))
    constant = d / 2 * np.log(np.pi * weight)
    assert_allclose(weight * (wide + kl - constant), squared + weight * kl, rtol=1e-9)


@given(
    positive_simplex(size=3), st.tuples(*[positive_simplex(size=4)] * 3), positive_simplex(size=4)
)
def test_the_kl_term_also_destroys_information(p_x, rows, p_z):
    """E KL(q(z|x) || p(z)) = I(x; z) + KL(q(z) || p(z)): two things, both never negative."""
    total, information, aggregate = oracle.elbo_surgery(p_x, np.stack(rows), p_z)
    assert_allclose(total, information + aggregate, rtol=1e-10, atol=1e-13)
    assert min(information, aggregate) >= 0
    collapsed = oracle.elbo_surgery(p_x, np.tile(p_z, (3, 1)), p_z)
    assert_allclose(collapsed, 0, atol=1e-15)


@given(simplex(size=3), st.tuples(*[simplex(size=4)] * 3), simplex(size=4))
def test_so_it_does_on_tables_with_zeros(p_x, rows, p_z):
    """By the three sums in 400 digits, where 0 log 0 = 0 and what has no weight costs nothing."""
    q = np.stack(rows)

    def sums():
        x, z = ([mp.mpf(float(v)) for v in p] for p in (p_x, p_z))
        table = [[mp.mpf(float(v)) for v in row] for row in q]
        mixed = [mp.fsum(a * row[k] for a, row in zip(x, table, strict=True)) for k in range(4)]

        def mean(others):
            return mp.fsum(a * kl(row, others) for a, row in zip(x, table, strict=True) if a > 0)

        return [float(v) for v in (mean(z), mean(mixed), kl(mixed, z))]

    def kl(p, others):
        pairs = [(a, b) for a, b in zip(p, others, strict=True) if a > 0]
        return (
            mp.inf
            if any(b == 0 for _, b in pairs)
            else mp.fsum(a * mp.log(a / b) for a, b in pairs)
        )

    with mp.workdps(400):
        known = sums()
    assert_allclose(oracle.elbo_surgery(p_x, q, p_z), known, rtol=1e-12, atol=1e-15)


@given(st.integers(0, 2**32 - 1))
def test_two_layers_bound_the_evidence_too(seed):
    rng = np.random.default_rng(seed)
    likelihood, p2, q1 = (
        rng.uniform(0.1, 1, 3),
        rng.dirichlet(np.ones(2)),
        rng.dirichlet(np.ones(3)),
    )
    p12, q21 = rng.dirichlet(np.ones(3), size=2), rng.dirichlet(np.ones(2), size=3)
    evidence = np.log(p2 @ p12 @ likelihood)
    assert oracle.elbo_hierarchical(likelihood, p12, p2, q1, q21) <= evidence + 1e-12
    joint = p12.T * p2 * likelihood[:, None] / np.exp(evidence)
    exact_1 = joint.sum(1)
    exact_21 = joint / exact_1[:, None]
    best = oracle.elbo_hierarchical(likelihood, p12, p2, exact_1, exact_21)
    assert_allclose(best, evidence, rtol=1e-11)


@given(st.integers(0, 2**32 - 1))
def test_one_augmented_flow_step_is_the_one_draw_bound(seed):
    rng = np.random.default_rng(seed)
    A, B, x, eps = (
        rng.standard_normal((2, 3)),
        rng.standard_normal((3, 2)),
        *rng.standard_normal((2, 3)),
    )
    eps, v, s = eps[:2], rng.uniform(-1, 1, 2), rng.uniform(-1, 1)
    value = oracle.anf_onestep(x, lambda x: (A @ x, v), lambda z: B @ z, s, eps)
    z = A @ x + np.exp(v / 2) * eps
    known = stats.norm.logpdf(x, B @ z, np.exp(s / 2)).sum() + stats.norm.logpdf(z).sum()
    known -= stats.norm.logpdf(z, A @ x, np.exp(v / 2)).sum()
    assert_allclose(value, known, rtol=1e-10, atol=1e-11)


@given(positive_simplex(size=3), arrays(float, 3, elements=st.floats(-5, 5)), st.integers(1, 5))
def test_a_sample_mean_is_unbiased_and_its_logarithm_is_not(p, values, k):
    assert_allclose(expected_sample_mean(values, p, k), p @ values, rtol=1e-11, atol=1e-12)
    assert expected_log_mean(values, p, k) <= np.log(p @ np.exp(values)) + 1e-12


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 6])
def test_a_grid_grows_with_the_dimension_and_draws_do_not(dimension):
    """Quadrature asks for 4^d values of p(x | z); the mean of 100 draws of cos(z_1 + ... + z_d) is
    off by sigma / 10 in every dimension, 2,000 means: the error of their spread is 1.6 %."""
    asked = []

    def loglik(z):
        asked.append(len(z))
        return 0 * z[:, 0]

    oracle.marginal_loglik_quad(loglik, dimension, nodes=4)
    assert asked == [4**dimension]
    z = np.random.default_rng(0).standard_normal((2_000, 100, dimension))
    means = np.cos(z.sum(-1)).mean(1)
    sigma = (1 - np.exp(-dimension)) / np.sqrt(2)  # of cos of a normal number, variance d
    assert_allclose(means.std() * 10 / sigma, 1, atol=4.5 * 0.016)
