"""Diffusion: the chain has its closed form, the posterior is Bayes' rule, the bound is tight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from reference.theory import diffusion as oracle
from reference.theory import diffusion_bound as bound
from reference.theory.tables import gaussian_conditional
from tests.strategies import spd

BETAS = arrays(float, st.sampled_from([1, 2, 3, 10]), elements=st.floats(1e-3, 0.9))
SCHEDULES = [
    oracle.schedule("linear", 1000),
    oracle.schedule("cosine", 1000),
    oracle.schedule([1e-8, 0.5, 0.999]),
]


@pytest.mark.parametrize("beta", SCHEDULES)
def test_the_chain_step_by_step(beta):
    """mean <- sqrt(1 - b) mean, variance <- (1 - b) variance + b: T steps are the closed form."""
    mean, variance = 1.0, 0.0
    for t, b in enumerate(beta, 1):
        mean, variance = np.sqrt(1 - b) * mean, (1 - b) * variance + b
        known = oracle.q_xt_given_x0(1.0, t, beta)
        assert_allclose(known, [mean, variance], rtol=1e-11)
    signal, noise = oracle.alpha_bar(beta)
    assert_allclose(signal + noise, 1, rtol=1e-15)
    assert (np.diff(oracle.snr(beta)) < 0).all()


def test_small_noise_keeps_its_digits():
    """1 - A_1 = 1e-8 to the last digit; from the product of 1 - beta it has eight left."""
    assert_allclose(oracle.alpha_bar([1e-8])[1], 1e-8, rtol=1e-15)


@given(BETAS, st.floats(-2, 2), st.floats(-2, 2))
def test_the_posterior_is_bayes(beta, x0, xt):
    """From the joint Gaussian of x_t-1 and x_t given x_0, by conditioning."""
    for t in range(2, len(beta) + 1):
        m1, v1 = oracle.q_xt_given_x0(x0, t - 1, beta)
        root = np.sqrt(1 - beta[t - 1])
        cov = np.array([[v1, root * v1], [root * v1, root**2 * v1 + beta[t - 1]]])
        mean, variance = gaussian_conditional([m1, root * m1], cov, [1], [xt])
        ours = oracle.q_posterior(x0, xt, t, beta)
        assert_allclose(ours[0], mean[0], rtol=1e-9, atol=1e-11)
        assert_allclose(ours[1], variance[0, 0], rtol=1e-9)
    assert oracle.q_posterior(x0, xt, 1, beta) == (x0, 0.0)


@given(BETAS, st.floats(-2, 2), st.floats(-2, 2))
def test_names_for_one_thing(beta, x0, eps):
    """x_0, the noise, v and the score are functions of one another at a given x_t."""
    for t in range(1, len(beta) + 1):
        xt = oracle.q_sample(x0, t, eps, beta)
        signal, noise = (a[t - 1] for a in oracle.alpha_bar(beta))
        scale = 1 / np.sqrt(min(signal, noise))
        assert_allclose(oracle.x0_from_eps(eps, xt, t, beta), x0, atol=1e-14 * scale * 10)
        assert_allclose(oracle.eps_from_x0(x0, xt, t, beta), eps, atol=1e-14 * scale * 10)
        v = oracle.v_param(x0, eps, t, beta)
        assert_allclose(np.sqrt(signal) * xt - np.sqrt(noise) * v, x0, atol=1e-12)
        known = (np.sqrt(signal) * x0 - xt) / noise
        assert_allclose(oracle.score_from_eps(eps, t, beta), known, rtol=1e-7, atol=1e-10)


@given(BETAS, st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_ddim_with_all_the_noise_is_the_ancestral_step(beta, x0, eps, z):
    for t in range(1, len(beta) + 1):
        xt = oracle.q_sample(x0, t, eps, beta)
        mean, variance = oracle.q_posterior(x0, xt, t, beta)
        ours = oracle.ddim_step(xt, eps, t, beta, eta=1.0, z=z)
        assert_allclose(ours, mean + np.sqrt(variance) * z, rtol=1e-7, atol=1e-9)
        if t > 1:
            still = oracle.ddim_step(xt, eps, t, beta)
            assert_allclose(still, oracle.q_sample(x0, t - 1, eps, beta), rtol=1e-7, atol=1e-9)


@given(BETAS, st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_a_step_of_the_bound_is_a_weighted_squared_error(beta, x0, eps, guess):
    """At equal variances KL = weight |eps - guess|^2: Ho et al., equation 12."""
    for t in range(2, len(beta) + 1):
        xt = np.atleast_1d(oracle.q_sample(x0, t, eps, beta))
        x0_guess = oracle.x0_from_eps(guess, xt, t, beta)
        mean, variance = oracle.q_posterior(x0_guess, xt, t, beta)
        ours = bound.vlb_step([x0], xt, t, mean, np.log(variance), beta)
        known = oracle.simple_weight(t, beta, variance) * (eps - guess) ** 2
        assert_allclose(ours, known[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("T", [10, 100, 1000])
@pytest.mark.parametrize("s", [0.3, 1.0, 2.0])
def test_the_exact_reverse_loses_only_what_the_last_step_knows(T, s):
    """For N(0, s^2) data the bound with the exact reverse is H(data) + KL(q(x_T) || N(0, 1)).

    The reverse of a Gaussian chain is Gaussian: every KL in the bound is averaged in closed
    form over x_0 and x_t, and the sum is compared with the entropy and one KL.
    """
    beta = oracle.schedule("linear", T)
    signal, noise = oracle.alpha_bar(beta)
    total = 0.5 * (signal[-1] * s**2 - signal[-1] - np.log(noise[-1]))  # E L_T
    for t in range(2, T + 1):
        a, n = signal[t - 1], noise[t - 1]
        gain = optimal_gain(s, n)
        _, posterior = oracle.q_posterior(0.0, 0.0, t, beta)
        gradient = np.sqrt(signal[t - 2]) * beta[t - 1] / n  # of the posterior mean in x_0
        left = s**2 - gain * np.sqrt(a) * s**2  # variance of x_0 given x_t
        reverse = posterior + gradient**2 * left
        total += 0.5 * (
            np.log(reverse / posterior) + (posterior + gradient**2 * left) / reverse - 1
        )
    left = s**2 - optimal_gain(s, noise[0]) * np.sqrt(signal[0]) * s**2
    total += 0.5 * (np.log(2 * np.pi * left) + 1)  # E L_0
    entropy = 0.5 * np.log(2 * np.pi * np.e * s**2)
    assert_allclose(total - entropy, bound.gaussian_bound_gap(s**2, beta), rtol=0, atol=1e-11)


def optimal_gain(s, noise):
    """What one unit of x_t adds to the best guess of x_0."""
    return oracle.optimal_x0_gaussian([1.0], 1, [0.0], [[s**2]], [noise])[0]


@given(spd(size=2, condition=2.0), BETAS, arrays(float, 2, elements=st.floats(-2, 2)))
def test_the_best_denoiser_of_gaussian_data_is_linear(cov, beta, xt):
    """By conditioning the joint of x_0 and x_t; noise, x_0 and score tell the same."""
    mean = np.array([0.5, -1.0])
    for t in range(1, len(beta) + 1):
        a, n = (v[t - 1] for v in oracle.alpha_bar(beta))
        joint = np.block([[cov, np.sqrt(a) * cov], [np.sqrt(a) * cov, a * cov + n * np.eye(2)]])
        known, _ = gaussian_conditional(
            np.concatenate([mean, np.sqrt(a) * mean]), joint, [2, 3], xt
        )
        ours = oracle.optimal_x0_gaussian(xt, t, mean, cov, beta)
        assert_allclose(ours, known, rtol=1e-7, atol=1e-8)
        eps = oracle.optimal_eps_gaussian(xt, t, mean, cov, beta)
        assert_allclose(oracle.x0_from_eps(eps, xt, t, beta), ours, rtol=1e-6, atol=1e-7)
        marginal = a * cov + n * np.eye(2)
        score = -np.linalg.solve(marginal, xt - np.sqrt(a) * mean)
        assert_allclose(oracle.score_from_eps(eps, t, beta), score, rtol=1e-8, atol=1e-9)


def test_no_other_denoiser_is_better():
    """Ridge regression of x_0 on x_t over 200,000 draws finds the same gain, |z| < 4.5."""
    rng = np.random.default_rng(0)
    beta, t = oracle.schedule("linear", 100), 60
    x0 = 0.7 * rng.standard_normal(200_000)
    xt = oracle.q_sample(x0, t, rng.standard_normal(200_000), beta)
    gain = (x0 @ xt) / (xt @ xt)
    error = np.std(x0 - gain * xt) / np.sqrt(xt @ xt)
    known = oracle.optimal_x0_gaussian([1.0], t, [0.0], [[0.49]], beta)[0]
    assert abs(gain - known) < 4.5 * error


def test_every_term_of_the_bound_is_there():
    beta = oracle.schedule("linear", 20, 1e-3, 0.3)
    levels = np.linspace(-1, 1, 256)
    x0 = levels[[3, 128, 200]]
    eps = np.random.default_rng(0).standard_normal((20, 3))

    def knows(xt, t):
        return oracle.eps_from_x0(x0, xt, t, beta)

    perfect = bound.vlb_terms(x0, eps, knows, beta)
    assert perfect.shape == (21,)
    assert_allclose(perfect[1:20], 0, atol=1e-12)
    blind = bound.vlb_terms(x0, eps, lambda xt, t: 0 * xt, beta)
    assert (blind[1:20] > 0).all()
    assert blind[20] == perfect[20] == bound.vlb_prior(x0, beta)
    wide = bound.vlb_terms(x0, eps, knows, beta, variance="beta")
    assert (wide[1:20] > 0).all()
    known = -np.log(stats.norm.cdf(1, 0, np.sqrt(1e-3) * 255) * 2 - 1) * 3
    assert_allclose(perfect[0], known, rtol=1e-9)


def test_schedules_stay_between_zero_and_one():
    for bad in ([0.0, 0.5], [1.0], [-0.1]):
        with pytest.raises(ValueError, match="beta must be strictly between 0 and 1"):
            oracle.schedule(bad)
    assert oracle.schedule("cosine", 50).max() <= 0.999
    with pytest.raises(ValueError, match="kind must be one of linear, cosine"):
        oracle.schedule("sigmoid", 5)
    with pytest.raises(ValueError, match="t must be at least 1"):
        oracle.q_sample(0.0, 0, 0.0, [0.5])
    with pytest.raises(ValueError, match="t must be below 2"):
        oracle.q_sample(0.0, 2, 0.0, [0.5])
