"""The Torch least-squares losses are the oracle's, and their optimum is the theorem's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import least_squares
from reference.objectives import least_squares as oracle
from reference.theory.divergences import chi2_pearson
from reference.theory.losses import gan_losses
from reference.theory.optimal_critics import lsgan_optimum
from tests.strategies import logits, positive_simplex

LABELS = st.sampled_from([(0.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (2.0, -0.5, 0.3)])
FIVE = positive_simplex(size=5)


@given(logits(), logits(), LABELS)
def test_value_and_gradients(r, f, labels):
    a, b, c = labels
    r, f = r[: len(f)], f[: len(r)]
    real, fake = torch.from_numpy(r), torch.from_numpy(f)
    value = least_squares.discriminator_loss(real, fake, a, b)
    assert_allclose(value, oracle.discriminator_loss(r, f, a, b), rtol=1e-15)
    gradients = vmap(grad(lambda r, f: least_squares.discriminator_loss(r, f, a, b), (0, 1)))
    for gradient, known in zip(
        gradients(real, fake), oracle.discriminator_loss_gradients(r, f, a, b), strict=True
    ):
        assert_allclose(gradient, known, rtol=1e-15)
    assert_allclose(least_squares.generator_loss(fake, c), oracle.generator_loss(f, c), rtol=1e-15)
    gradient = vmap(grad(lambda f: least_squares.generator_loss(f, c)))(fake)
    assert_allclose(gradient, oracle.generator_loss_gradient(f, c), rtol=1e-15)
    both = gan_losses(r, f, "lsgan", "none", a=a, b=b, c=c)
    assert_allclose(oracle.discriminator_loss(r, f, a, b), both[0], rtol=1e-15)
    assert_allclose(oracle.generator_loss(f, c), both[1], rtol=1e-15)


@given(FIVE, FIVE, arrays(float, 5, elements=st.floats(-1, 1)), LABELS)
def test_the_best_discriminator(p, q, shift, labels):
    """At (b p + a q) / (p + q) the expected loss is least: d away it is (p + q) d^2 / 2 more."""
    a, b, _ = labels
    best, _ = lsgan_optimum(p, q, a, b)

    def expected(scores):
        score, zero = torch.from_numpy(scores), torch.zeros(5, dtype=torch.float64)
        real = least_squares.discriminator_loss(score, zero + a, a, b).numpy()
        fake = least_squares.discriminator_loss(zero + b, score, a, b).numpy()
        return p @ real + q @ fake

    more = expected(best + shift) - expected(best)
    assert_allclose(more, ((p + q) * shift**2).sum() / 2, rtol=1e-9, atol=1e-14)


@given(FIVE, FIVE)
def test_what_the_generator_lowers_is_pearsons_divergence(p, q):
    """With labels -1, 1, 0, and with the data's own part, which it cannot change: half of
    sum (p - q)^2 / (p + q), which is twice the chi-square of q from (p + q) / 2."""
    best, cost = lsgan_optimum(p, q, -1.0, 1.0, 0.0)
    each = least_squares.generator_loss(torch.from_numpy(best), 0.0).numpy()
    assert_allclose((p + q) @ each, cost, rtol=1e-12, atol=1e-30)
    # p - q keeps 1e-16 of its digits where p and q are close, and so does its square.
    assert_allclose(2 * cost, 2 * chi2_pearson(q, (p + q) / 2), rtol=1e-10, atol=1e-28)


def test_an_undecided_discriminator_costs_a_quarter():
    half = torch.full((1,), 0.5)
    assert least_squares.discriminator_loss(half, half) == 0.25
    assert least_squares.generator_loss(half) == 0.125


def test_which_argument_is_real():
    one, zero = torch.ones(1), torch.zeros(1)
    assert least_squares.discriminator_loss(one, zero) == 0
    assert least_squares.discriminator_loss(zero, one) == 1


@pytest.mark.parametrize("score", [-40.0, 40.0])
def test_the_further_off_the_steeper(score):
    """Behind a sigmoid no score would cost more than 1/2, and its gradient would be 0 here."""
    score = torch.tensor(score)
    assert least_squares.generator_loss(score) == (score - 1) ** 2 / 2
    assert grad(least_squares.generator_loss)(score) == score - 1
    assert least_squares.generator_loss(torch.tensor(1e18)).isfinite()
