"""The optimal discriminator, and the value of the Torch minimax loss there."""

from fractions import Fraction

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad

from pipeline.objectives import minimax
from reference.theory import optimal_discriminator as oracle
from reference.theory.divergences import jsd
from tests.strategies import logit_values, positive_simplex, two_samples

DENSITIES = st.sampled_from([0.0, 5e-324, 1e-320, 1e-308, 1.0, 1e308, 1.7e308]) | st.floats(0, 1e3)


@given(two_samples())
def test_the_torch_loss_is_least_at_the_oracles_optimum(samples):
    """There it is log 4 - 2 JSD and has no gradient (Goodfellow et al., theorem 1)."""
    real, fake = samples
    p, q = (np.bincount(s) / len(s) for s in samples)

    def loss(a):
        return minimax.discriminator_loss(a[real], a[fake]).mean()

    best = torch.from_numpy(oracle.optimal_logit(np.log(p), np.log(q)))
    assert_allclose(loss(best), np.log(4) - 2 * jsd(p, q), rtol=1e-13)
    assert_allclose(grad(loss)(best), np.zeros(len(p)), atol=1e-15)


@given(two_samples(), arrays(float, 4, elements=logit_values(50.0)))
def test_every_other_discriminator_does_worse(samples, a):
    """V(D, G) <= V(D*, G) for every D, and below it unless D is D* on the support."""
    real, fake = samples
    p, q = (np.bincount(s) / len(s) for s in samples)
    best = np.log(p) - np.log(q)

    def loss(logits):
        logits = torch.from_numpy(logits)
        return minimax.discriminator_loss(logits[real], logits[fake]).mean().item()

    assert loss(a) >= loss(best) * (1 - 1e-14)
    if np.abs(a - best).max() > 1e-6:
        assert loss(a) > loss(best)


@given(DENSITIES, DENSITIES)
def test_it_is_the_ratio_of_the_densities(p, q):
    """Against exact fractions, from the smallest subnormal number to the largest."""
    value = oracle.optimal_discriminator(p, q)
    if p == q == 0:
        assert np.isnan(value)
        assert oracle.optimal_discriminator(p, q, undefined=0.5) == 0.5
        return
    exact = float(Fraction(p) / (Fraction(p) + Fraction(q)))
    assert_allclose(value, exact, rtol=1e-15, atol=5e-324)
    assert_allclose(value + oracle.optimal_discriminator(q, p), 1.0, rtol=3e-16)


@given(st.floats(-700, 700), st.floats(-700, 700), st.floats(0.01, 0.99))
def test_log_densities_and_a_prior(lp, lq, prior):
    """A share pi of real examples moves the logit by log(pi / (1 - pi)) and nothing else."""
    a = oracle.optimal_logit(lp, lq, prior)
    assert_allclose(a - oracle.optimal_logit(lp, lq), np.log(prior / (1 - prior)), atol=5e-13)
    value = oracle.optimal_discriminator_log(lp, lq, prior)
    p, q = np.exp(lp - max(lp, lq)), np.exp(lq - max(lp, lq))
    assert_allclose(value, prior * p / (prior * p + (1 - prior) * q), rtol=1e-12, atol=1e-300)


def test_one_half_wherever_the_densities_agree():
    x = np.linspace(-5, 5, 11)
    assert (oracle.optimal_discriminator_log(-(x**2), -(x**2)) == 0.5).all()


@given(positive_simplex(size=5), positive_simplex(size=5))
def test_rejection_with_the_ratio_recovers_the_data(p, q):
    """q times the probability of keeping, normalised, is p, whatever the two tables are; a share
    min p / p_g ... of 1 / max(p / p_g) is kept, and the logits of another table leave another."""
    a = oracle.optimal_logit(np.log(p), np.log(q))
    chance = oracle.discriminator_rejection(a, a.max())
    assert (chance <= 1).all()
    kept = q * chance
    assert_allclose(kept / kept.sum(), p, rtol=1e-12)
    assert_allclose(kept.sum(), 1 / (p / q).max(), rtol=1e-12)
    assert_allclose(q * oracle.density_ratio_from_D(a), p, rtol=1e-12)
    flat = q * oracle.discriminator_rejection(a / 2, a.max() / 2)
    if np.abs(p - q).max() > 1e-2:
        assert np.abs(flat / flat.sum() - p).max() > 1e-5
