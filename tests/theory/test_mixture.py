"""Mixtures of Gaussians: density, score, blur, and the KL to a rich prior."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import integrate, special, stats

from reference.quadrature import gauss_legendre, gaussian_breaks
from reference.theory import mixture as oracle
from tests.strategies import positive_simplex

MEANS = arrays(float, (3, 2), elements=st.floats(-5, 5))
PLACES = arrays(float, (4, 2), elements=st.floats(-8, 8))


@given(PLACES, MEANS, st.floats(0.05, 2), positive_simplex(size=3))
def test_density_and_shares(x, means, scale, w):
    parts = [stats.multivariate_normal.logpdf(x, m, scale**2) for m in means]
    known = special.logsumexp(np.log(w)[:, None] + parts, 0)
    assert_allclose(oracle.mixture_log_density(x, means, scale, w), known, rtol=1e-10, atol=1e-10)
    shares = np.exp(np.log(w)[:, None] + parts - known).T
    assert_allclose(oracle.mixture_shares(x, means, scale, w), shares, rtol=1e-8, atol=1e-12)
    equal = oracle.mixture_posterior_logits(x, means, scale)
    assert_allclose(np.exp(equal), oracle.mixture_shares(x, means, scale), atol=1e-12)


@given(PLACES, MEANS, st.floats(0.5, 2), positive_simplex(size=3))
def test_the_score_is_the_gradient_of_the_log_density(x, means, scale, w):
    h = 1e-5
    known = np.stack(
        [
            oracle.mixture_log_density(x + h * e, means, scale, w)
            - oracle.mixture_log_density(x - h * e, means, scale, w)
            for e in np.eye(2)
        ],
        1,
    ) / (2 * h)
    assert_allclose(oracle.mixture_score(x, means, scale, w), known, rtol=1e-5, atol=1e-5)


def test_it_integrates_to_one_and_survives_distance():
    x, w = gauss_legendre(gaussian_breaks([-2.0, 3.0], [0.5, 0.5]), 40)
    density = np.exp(oracle.mixture_log_density(x, [[-2.0], [3.0]], 0.5, [0.3, 0.7]))
    assert_allclose(w @ density, 1, rtol=1e-13)
    assert np.isfinite(oracle.mixture_log_density([[1e6]], [[0.0]], 0.01)).all()
    assert_allclose(oracle.mixture_score([[1e6]], [[0.0]], 0.01), [[-1e10]])


@given(st.floats(-3, 3), st.floats(0.3, 1.5))
def test_the_best_guess_is_the_conditional_mean(y, noise):
    """By quadrature of x p(x | y): between two modes it is a blur that is neither."""
    means, scale = np.array([-1.0, 2.0]), 0.4
    x, w = gauss_legendre(gaussian_breaks([*means, y], [scale, scale, noise]), 40)
    weight = stats.norm.pdf(x[:, None], means, scale).sum(1) * stats.norm.pdf(y, x, noise)
    known = (w * weight * x).sum() / (w * weight).sum()
    ours = oracle.conditional_mean_mixture([[y]], means[:, None], scale, noise)
    assert_allclose(ours[0, 0], known, rtol=1e-9, atol=1e-10)


@settings(max_examples=8)
@given(st.floats(-2, 2), st.floats(-1, 1), positive_simplex(size=3))
def test_the_price_of_a_mixture_prior(mu, v, w):
    """Quadrature against scipy's, and the closed-form upper bound above it."""
    mus, vs = np.array([-1.5, 0.0, 2.0]), np.array([0.0, 0.5, -0.2])
    s = np.exp(v / 2)

    def integrand(x):
        mixture = stats.norm.pdf(x, mus, np.exp(vs / 2)) @ w
        return stats.norm.pdf(x, mu, s) * (stats.norm.logpdf(x, mu, s) - np.log(mixture))

    known, _ = integrate.quad(integrand, mu - 12 * s, mu + 12 * s, epsabs=1e-11, limit=200)
    value = oracle.kl_to_mixture_quad(mu, v, mus, vs, w)
    assert_allclose(value, known, rtol=1e-8, atol=1e-9)
    assert value <= oracle.kl_to_mixture_upper(mu, v, mus, vs, w) + 1e-9
    eps = np.random.default_rng(0).standard_normal(4000)
    estimate, error = oracle.kl_to_mixture_mc(mu, v, mus, vs, eps, w)
    assert abs(estimate - value) < 4.5 * error + 1e-12


def test_one_component_makes_the_bound_tight():
    exact = oracle.kl_to_mixture_quad(1.0, 0.3, [0.0], [0.1])
    assert_allclose(oracle.kl_to_mixture_upper(1.0, 0.3, [0.0], [0.1]), exact, rtol=1e-12)


def test_the_price_of_narrow_components():
    """Three mixtures whose components change places within a hundredth of q's width, and one
    that q is: int q log(q / p) to 30 digits, by tanh-sinh quadrature in 30 digits between -13
    and 13 deviations, cut at every root and vertex of log(w_i N_i / w_j N_j) and at 1, 2, 4 ...
    1,024 of its own widths around them."""
    half = [0.5, 0.5]
    known = {
        95.88300569079793: (0.0, 0.0, [-1.0, 1.3], [-6.0, -6.0], half),
        132.35687752615476: (0.3, 1.0, [-2.0, 0.0, 2.5], [-8.0, -5.0, -7.0], [0.2, 0.5, 0.3]),
        0.5304558231831726: (0.0, 0.0, [0.0, 0.2], [0.0, -7.0], half),
        0.0: (0.0, 0.0, [0.0, 0.0], [0.0, 0.0], half),
    }
    for value, arguments in known.items():
        assert_allclose(oracle.kl_to_mixture_quad(*arguments), value, rtol=1e-14, atol=1e-30)


@settings(max_examples=15)
@given(
    st.tuples(st.floats(-3, 3), st.floats(-12, 2)),
    arrays(float, 3, elements=st.floats(-3, 3)),
    arrays(float, 3, elements=st.floats(-12, 2)),
    positive_simplex(size=3, least=1e-6),
)
def test_more_nodes_change_nothing(q, mus, vs, w):
    """Nor does a component without weight, or one that is there in two halves."""
    value = oracle.kl_to_mixture_quad(*q, mus, vs, w)
    assert value >= 0
    finer = oracle.kl_to_mixture_quad(*q, mus, vs, w, nodes=150)
    assert_allclose(finer, value, rtol=1e-12, atol=1e-15)
    more = np.append(mus, 0.5), np.append(vs, -9.0), np.append(w, 0.0)
    assert_allclose(oracle.kl_to_mixture_quad(*q, *more), value, rtol=1e-12, atol=1e-15)
    split = mus[[0, 0, 1, 2]], vs[[0, 0, 1, 2]], w[[0, 0, 1, 2]] * [0.25, 0.75, 1, 1]
    assert_allclose(oracle.kl_to_mixture_quad(*q, *split), value, rtol=1e-12, atol=1e-15)
