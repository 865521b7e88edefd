"""The Torch mixture prior is the oracle's, and the estimate of its KL is unbiased."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import special, stats
from torch.func import grad, vmap

from pipeline.objectives import gaussian, mixture_prior
from reference.objectives import mixture_prior as oracle
from reference.quadrature import gauss_legendre, gaussian_breaks
from reference.theory import mixture
from tests.strategies import gaussians, mean_values


@st.composite
def latents_and_components(draw, bound=40.0, mean=100.0):
    """z (B, d), m and v (K, d)."""
    m, v = draw(gaussians(bound=bound, mean=mean))
    shape = draw(st.integers(1, 3)), m.shape[1]
    return draw(arrays(float, shape, elements=mean_values(mean))), m, v


def terms(z, m, v):
    """The size of what is added up: the error of a sum is in its units."""
    scaled = (z[:, None] - m) * np.exp(-v / 2)
    return (1 + np.abs(v) + scaled**2).sum(-1).max(-1)


@given(latents_and_components())
def test_value(drawn):
    z, m, v = drawn
    value = mixture_prior.log_density(*map(torch.from_numpy, drawn))
    assert value.shape == z.shape[:1]
    assert (np.abs(value.numpy() - oracle.log_density(z, m, v)) <= 4e-15 * terms(z, m, v)).all()


@given(latents_and_components(bound=3.0, mean=3.0))
def test_gradients(drawn):
    """Shares of components carry the error of the exponents, below 300 here."""
    arguments = [torch.from_numpy(array) for array in drawn]

    def one(z, m, v):
        return mixture_prior.log_density(z[None], m, v)[0]

    gradients = vmap(grad(one, argnums=(0, 1, 2)), in_dims=(0, None, None))(*arguments)
    known = oracle.log_density_gradients(*drawn)
    for gradient, exact in zip(gradients, known, strict=True):
        assert_allclose(gradient, exact, rtol=1e-11, atol=1e-11)


@given(latents_and_components(mean=10.0, bound=20.0))
def test_the_oracle_is_the_density(drawn):
    z, m, v = drawn
    parts = stats.norm.logpdf(z[:, None], m, np.exp(v / 2)).sum(-1)
    known = special.logsumexp(parts, axis=-1) - np.log(len(m))
    assert_allclose(oracle.log_density(z, m, v), known, rtol=1e-12, atol=1e-12)


@given(latents_and_components())
def test_one_component_is_a_gaussian_and_copies_change_nothing(drawn):
    z, m, v = map(torch.from_numpy, drawn)
    alone = mixture_prior.log_density(z, m[:1], v[:1])
    assert_allclose(alone, gaussian.log_density(z, m[:1], v[:1]), rtol=1e-13, atol=1e-13)
    copies = mixture_prior.log_density(z, m.repeat(3, 1), v.repeat(3, 1))
    assert_allclose(copies, mixture_prior.log_density(z, m, v), rtol=1e-13, atol=1e-13)


@given(latents_and_components(bound=80.0, mean=1e4))
def test_finite_in_training_precision_unless_the_square_overflows(drawn):
    z, m, v = (torch.from_numpy(array).float() for array in drawn)
    value = mixture_prior.log_density(z, m, v)
    parts = gaussian.log_density(z[:, None].double(), m.double(), v.double())
    assert not value.isnan().any()
    assert value[(parts > -1e37).any(-1)].isfinite().all()


@settings(max_examples=8)
@given(
    st.floats(-2, 2),
    st.floats(-2, 1),
    arrays(float, 3, elements=st.floats(-3, 3)),
    arrays(float, 3, elements=st.floats(-2, 1)),
)
def test_the_drawn_kl_is_unbiased_and_below_its_upper_bound(mu, lv, mus, lvs):
    """Its mean over all draws, by quadrature, is KL(q || p); Hershey & Olsen's bound is above.

    One component alone makes the bound the KL itself, in closed form.
    """
    s = np.exp(lv / 2)
    z, w = gauss_legendre(gaussian_breaks([mu, *mus], [s, *np.exp(lvs / 2)]), 32)
    at, m, v = (torch.from_numpy(array)[:, None] for array in (z, mus, lvs))
    q = gaussian.log_density(at, at.new_tensor(mu), at.new_tensor(lv))
    p = mixture_prior.log_density(at, m, v)
    mean = float((torch.from_numpy(w) * q.exp() * (q - p)).sum())
    assert_allclose(mean, mixture.kl_to_mixture_quad(mu, lv, mus, lvs), rtol=1e-9, atol=1e-10)
    assert mean <= mixture.kl_to_mixture_upper(mu, lv, mus, lvs) + 1e-9
    alone = mixture.kl_to_mixture_upper(mu, lv, mus[:1], lvs[:1])
    assert_allclose(mixture.kl_to_mixture_quad(mu, lv, mus[:1], lvs[:1]), alone, rtol=1e-9)


def test_draws_are_as_far_off_as_their_standard_error_says():
    """Of 400 estimates from 64 draws each, the standardised errors have a mean of 0 and are
    of size 1: within 4.5 standard errors of both, 1/20 and 1/sqrt(800), and the skewness of a
    mean of 64, which adds a tenth."""
    eps = np.random.default_rng(0).standard_normal((400, 64))
    q, p = (0.5, -1.0), ([-1.0, 0.0, 2.0], [0.0, -1.0, 0.5])
    exact = mixture.kl_to_mixture_quad(*q, *p)
    found = np.array([mixture.kl_to_mixture_mc(*q, *p, row) for row in eps])
    standardised = (found[:, 0] - exact) / found[:, 1]
    assert abs(standardised.mean()) < 4.5 / 20 + 0.1
    assert abs(standardised.std() - 1) < 4.5 / np.sqrt(800) + 0.1
