"""The value of the game: never above its value at D*, which is -log 4 + 2 JSD."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import integrate, special, stats

from reference.objectives import minimax, non_saturating
from reference.quadrature import gauss_legendre, gaussian_breaks
from reference.theory import value_function as oracle
from reference.theory.divergences import jsd
from reference.theory.optimal_discriminator import optimal_logit
from tests.strategies import logit_values, positive_simplex, two_distributions


@st.composite
def games(draw):
    """Two distributions and a discriminator, certain of some outcomes."""
    p, q = draw(two_distributions())
    elements = logit_values(500.0) | st.sampled_from([np.inf, -np.inf])
    return p, q, draw(arrays(float, len(p), elements=elements))


@given(games())
def test_no_discriminator_is_better_than_the_optimum(game):
    """V <= C for every D, and C - V is the regret, which no rounding makes negative."""
    p, q, a = game
    value, best = oracle.value_function_density(p, q, a), oracle.criterion_C(p, q)
    regret = oracle.value_regret(p, q, a)
    assert regret >= 0
    assert value <= best + 4e-15 * max(1, abs(value))
    if np.isfinite(value):
        assert_allclose(best - value, regret, rtol=1e-12, atol=4e-15 * max(1, abs(value)))
    else:
        assert regret == np.inf


@given(two_distributions())
def test_the_optimum_is_reached_at_d_star(pair):
    p, q = pair
    with np.errstate(divide="ignore"):
        best = optimal_logit(np.log(p), np.log(q), undefined=0.0)
    reached = oracle.value_function_density(p, q, best)
    assert_allclose(reached, oracle.criterion_C(p, q), rtol=0, atol=4e-15)
    assert_allclose(reached, -np.log(4) + 2 * jsd(p, q), rtol=0, atol=4e-15)
    assert oracle.value_regret(p, q, best) <= 4e-15


@given(positive_simplex(size=4), arrays(float, 4, elements=st.floats(-3, 3)))
def test_only_d_star_reaches_it(p, shift):
    """Against q = p moved by `shift`, any other discriminator has a regret above zero."""
    q = p[::-1].copy()
    best = np.log(p) - np.log(q)
    regret = oracle.value_regret(p, q, best + shift)
    if np.abs(shift).max() > 1e-6:
        assert regret > 0


@given(two_distributions())
def test_the_criterion_is_least_exactly_where_the_generator_is_right(pair):
    """C >= -log 4, with equality for q = p alone, and C <= 0, for disjoint supports."""
    p, q = pair
    assert oracle.criterion_C(p, p) == pytest.approx(-np.log(4), abs=4e-16)
    value = oracle.criterion_C(p, q)
    assert -np.log(4) - 4e-16 <= value <= 4e-16
    if np.abs(p - q).max() > 1e-6:
        assert value > -np.log(4)
    if (p * q == 0).all():
        assert value == pytest.approx(0, abs=1e-15)


def test_an_undecided_discriminator_is_no_certificate():
    """D = 1/2 gives V = -log 4 for every generator, even one that makes a single point."""
    p, q = np.full(5, 0.2), np.eye(5)[0]
    assert_allclose(oracle.value_function_density(p, q, np.zeros(5)), -np.log(4), rtol=1e-15)
    assert oracle.criterion_C(p, q) > -0.8


def test_probabilities_lose_what_logits_keep():
    """At p / q = 2^60 the discriminator rounds to 1, and log(1 - D) would be -inf."""
    p, q = np.array([1.0, 2.0**-60]), np.array([2.0**-60, 1.0])
    value = oracle.value_function_density(p, q, np.log(p / q))
    assert np.isfinite(value)
    assert 1.0 / (1.0 + np.exp(-np.log(2.0**60))) == 1.0


@settings(max_examples=8)
@given(st.floats(-3, 3), st.floats(0.3, 3))
def test_gaussians_by_quadrature(mean, scale):
    """C by composite Gauss-Legendre and by adaptive quadrature of the entropy deficit."""
    p, q = stats.norm(0, 1), stats.norm(mean, scale)
    breaks = gaussian_breaks([0.0, mean], [1.0, scale])
    ours = oracle.criterion_C_quad(p.logpdf, q.logpdf, breaks)

    def integrand(x):
        a = p.logpdf(x) - q.logpdf(x)
        return p.pdf(x) * special.log_expit(a) + q.pdf(x) * special.log_expit(-a)

    known, _ = integrate.quad(
        integrand, breaks[0], breaks[-1], points=breaks[1:-1], epsabs=1e-13, epsrel=0, limit=200
    )
    assert_allclose(ours, known, rtol=0, atol=1e-11)
    x, w = gauss_legendre(breaks, 64)
    density = oracle.value_function_density(p.pdf(x), q.pdf(x), p.logpdf(x) - q.logpdf(x), w)
    assert_allclose(density, known, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_the_sample_form_estimates_the_density_form(seed):
    """100,000 examples of each: within 4.5 standard errors."""
    rng = np.random.default_rng(seed)
    mean, scale = rng.uniform(-1, 1), rng.uniform(0.5, 2)
    p, q = stats.norm(0, 1), stats.norm(mean, scale)

    def logit(x):
        return 0.5 + 0.3 * x - 0.2 * x**2

    x, w = gauss_legendre(gaussian_breaks([0.0, mean], [1.0, scale]), 64)
    known = oracle.value_function_density(p.pdf(x), q.pdf(x), logit(x), w)
    real, fake = rng.standard_normal(100_000), mean + scale * rng.standard_normal(100_000)
    estimate = oracle.value_function_samples(logit(real), logit(fake))
    parts = special.log_expit(logit(real)), special.log_expit(-logit(fake))
    error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))
    assert abs(estimate - known) < 4.5 * error


@given(positive_simplex(size=6), positive_simplex(size=6))
def test_a_conditional_game_splits_by_the_chain_rule(p, q):
    joint, chain = oracle.cgan_criterion(p.reshape(2, 3), q.reshape(2, 3))
    assert_allclose(joint, chain, rtol=0, atol=4e-15)
    labels = p.reshape(2, 3).sum(0), q.reshape(2, 3).sum(0)
    assert joint >= -np.log(4) + 2 * jsd(*labels) - 4e-15


@given(two_distributions())
def test_the_constants_are_what_the_losses_give(pair):
    """At D = 1/2, logit 0, whatever p and p_g are: V is log 1/2 + log 1/2 and not 1/2, the summed
    cross-entropy is -V, their mean half of it, and the generator's losses are log 1/2 and
    -log 1/2, as its functions give them."""
    p, q = pair
    constants, zero = oracle.gan_optimum_constants(), np.zeros(3)
    assert special.expit(0.0) == constants["discriminator"] == 0.5
    undecided = np.zeros(len(p))
    value = oracle.value_function_density(p, q, undecided)
    assert_allclose(value, np.log(0.5) + np.log(0.5), rtol=1e-12)
    assert abs(value - 0.5) > 1.8
    assert_allclose(constants["value"], value, rtol=1e-12)
    assert_allclose(constants["value"], oracle.value_function_samples(zero, zero), rtol=1e-15)
    pairs = minimax.discriminator_loss(zero, zero)
    assert_allclose(constants["bce_sum"], pairs, rtol=1e-15)
    assert constants["bce_sum"] == -constants["value"] == 2 * constants["bce_mean"]
    assert_allclose(constants["bce_mean"], np.log(2), rtol=1e-15)
    assert_allclose(constants["minimax_generator"], minimax.generator_loss(zero), rtol=1e-15)
    made = non_saturating.generator_loss(zero)
    assert_allclose(constants["non_saturating_generator"], made, rtol=1e-15)
    assert_allclose(constants["minimax_generator"], np.log(0.5), rtol=1e-15)


@given(games())
def test_swapping_the_roles_changes_nothing(game):
    """V(p, q, D) = V(q, p, 1 - D): which of them is called real is a convention."""
    p, q, a = game
    assert oracle.value_function_density(p, q, a) == pytest.approx(
        oracle.value_function_density(q, p, -a), rel=1e-14
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60))
def test_finite_samples_can_always_be_told_apart(seed, n, m):
    """Of a continuous density two samples of any size share no point: the best D on them reaches
    V = 0, and says nothing of fresh ones, at V = -log 4. Of a die they share faces, and it does
    not."""
    rng = np.random.default_rng(seed)
    density = (rng.standard_normal, rng.random, rng.standard_exponential)[seed % 3]
    x, y, fresh = density(n), density(m), density(20)

    def tables(x, y):
        support = np.unique(np.concatenate([x, y]))
        return [(s[:, None] == support).mean(0) for s in (x, y)]

    p, q = tables(x, y)
    assert not np.isin(fresh, np.concatenate([x, y])).any()
    assert_allclose(jsd(p, q), np.log(2), rtol=1e-14)
    assert_allclose(oracle.criterion_C(p, q), 0, atol=1e-14)
    with np.errstate(divide="ignore"):
        best = optimal_logit(np.log(p), np.log(q))
    assert_allclose(oracle.value_function_density(p, q, best), 0, atol=1e-14)
    unseen = np.zeros(20)  # no table has them: the logit that a table leaves open
    assert_allclose(oracle.value_function_samples(unseen, unseen), -np.log(4), rtol=1e-15)
    faces = tables(rng.integers(0, 2, n) * 1.0, np.append(rng.integers(0, 2, m), [0, 1]) * 1.0)
    assert -np.log(4) - 1e-14 <= oracle.criterion_C(*faces) < -1e-6
