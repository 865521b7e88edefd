"""The Torch hinge losses are the oracle's, and their optimum is the theorem's."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import hinge
from reference.objectives import hinge as oracle
from reference.theory.losses import gan_losses, grad_wrt_logit
from reference.theory.optimal_critics import hinge_optimum
from tests.strategies import logits, positive_simplex

FIVE = positive_simplex(size=5)


@given(logits(), logits())
def test_value_and_gradients(r, f):
    r, f = r[: len(f)], f[: len(r)]
    real, fake = torch.from_numpy(r), torch.from_numpy(f)
    value = hinge.discriminator_loss(real, fake)
    assert_allclose(value, oracle.discriminator_loss(r, f), rtol=1e-15)
    gradients = vmap(grad(hinge.discriminator_loss, (0, 1)))(real, fake)
    known = oracle.discriminator_loss_gradients(r, f)
    for gradient, exact in zip(gradients, known, strict=True):
        assert_allclose(gradient, exact, rtol=0)
    assert_allclose(known[0], grad_wrt_logit(r, "hinge", "real"), rtol=0)
    assert_allclose(known[1], grad_wrt_logit(f, "hinge", "fake"), rtol=0)
    assert_allclose(hinge.generator_loss(fake), oracle.generator_loss(f), rtol=0)
    gradient = vmap(grad(hinge.generator_loss))(fake)
    assert_allclose(gradient, oracle.generator_loss_gradient(f), rtol=0)
    both = gan_losses(r, f, "hinge", "none")
    assert_allclose(oracle.discriminator_loss(r, f), both[0], rtol=1e-15)
    assert_allclose(oracle.generator_loss(f), both[1], rtol=0)


@given(FIVE, FIVE, arrays(float, 5, elements=st.floats(-3, 3)))
def test_the_best_discriminator_is_a_sign(p, q, shift):
    """Its expected loss is 2 (1 - TV), and no other's is less."""
    best, least = hinge_optimum(p, q)

    def expected(scores):
        score, sure = torch.from_numpy(scores), torch.full((5,), 9.0, dtype=torch.float64)
        real = hinge.discriminator_loss(score, -sure).numpy()
        return p @ real + q @ hinge.discriminator_loss(sure, score).numpy()

    assert_allclose(expected(best), least, rtol=1e-14)
    assert expected(best + shift) >= least - 1e-14


def test_beyond_the_margin_nothing_is_gained():
    """A discriminator that is right by 1 rests; the generator it has beaten does not."""
    real, fake = torch.tensor(1.5), torch.tensor(-1.5)
    assert hinge.discriminator_loss(real, fake) == 0
    assert grad(hinge.discriminator_loss, (0, 1))(real, fake) == (0, 0)
    assert grad(hinge.generator_loss)(fake) == -1


def test_which_argument_is_real():
    one = torch.ones(1)
    assert hinge.discriminator_loss(one, -one) == 0
    assert hinge.discriminator_loss(-one, one) == 4
    assert hinge.discriminator_loss(0 * one, 0 * one) == 2
