"""The Torch minimax losses are the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import minimax
from reference.objectives import minimax as oracle
from tests.strategies import logits


@given(logits(), logits())
def test_discriminator_value_and_gradients(a, b):
    a, b = a[: len(b)], b[: len(a)]
    real, fake = torch.from_numpy(a), torch.from_numpy(b)
    assert_allclose(
        minimax.discriminator_loss(real, fake), oracle.discriminator_loss(a, b), rtol=1e-14
    )
    gradients = vmap(grad(minimax.discriminator_loss, argnums=(0, 1)))(real, fake)
    for gradient, known in zip(gradients, oracle.discriminator_loss_gradients(a, b), strict=True):
        assert_allclose(gradient, known, rtol=1e-13)


@given(logits())
def test_generator_value_and_gradient(a):
    fake = torch.from_numpy(a)
    assert_allclose(minimax.generator_loss(fake), oracle.generator_loss(a), rtol=1e-14)
    gradient = vmap(grad(minimax.generator_loss))(fake)
    assert_allclose(gradient, oracle.generator_loss_gradient(a), rtol=1e-13)


@given(logits())
def test_finite_in_training_precision(a):
    single = torch.from_numpy(a).float()
    known = single.double().numpy()
    pair = minimax.discriminator_loss(single, single.flip(0))
    assert pair.isfinite().all()
    assert_allclose(pair, oracle.discriminator_loss(known, known[::-1]), rtol=2e-6, atol=1e-37)
    alone = minimax.generator_loss(single)
    assert alone.isfinite().all()
    assert_allclose(alone, oracle.generator_loss(known), rtol=2e-6, atol=1e-37)


def test_an_undecided_discriminator_costs_log_four():
    zero = torch.zeros(1, dtype=torch.float64)
    assert_allclose(minimax.discriminator_loss(zero, zero), np.log(4), rtol=1e-15)
    assert_allclose(minimax.generator_loss(zero), -np.log(2), rtol=1e-15)


def test_which_argument_is_real():
    """A discriminator that is right about both pays nothing; wrong about both, the logits."""
    real, fake = torch.tensor([40.0]), torch.tensor([-40.0])
    assert minimax.discriminator_loss(real, fake) < 1e-15
    assert minimax.discriminator_loss(fake, real) == 80


def test_a_certain_mistake_still_has_a_gradient():
    """Through probabilities the gradient at a = 40 in float32 would be exactly 0."""
    wrong = torch.tensor(40.0)
    assert grad(lambda a: minimax.discriminator_loss(wrong, a))(wrong) == 1
