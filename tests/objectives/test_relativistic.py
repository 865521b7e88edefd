"""The Torch relativistic losses are the oracle's, with the properties of a pair."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import relativistic
from reference.objectives import relativistic as oracle
from reference.theory.losses import gan_losses
from tests.strategies import logits


@given(logits(), logits())
def test_value_and_gradients(r, f):
    r, f = r[: len(f)], f[: len(r)]
    real, fake = torch.from_numpy(r), torch.from_numpy(f)
    both = gan_losses(r, f, "relativistic", "none")
    for player, loss in zip(("discriminator", "generator"), both, strict=True):
        ours = getattr(relativistic, f"{player}_loss")
        known = getattr(oracle, f"{player}_loss")(r, f)
        assert_allclose(ours(real, fake), known, rtol=1e-14)
        assert_allclose(known, loss, rtol=1e-15)
        exact = getattr(oracle, f"{player}_loss_gradients")(r, f)
        for gradient, each in zip(vmap(grad(ours, (0, 1)))(real, fake), exact, strict=True):
            assert_allclose(gradient, each, rtol=1e-13)


@given(logits(50.0))
def test_against_itself_the_best_discriminator_is_flat(a):
    """Over all pairs of two samples that are the same, log 2 is the least loss: by convexity,
    -log s(t) - log s(-t) >= 2 log 2. A constant reaches it."""
    real = torch.from_numpy(a)
    pairs = relativistic.discriminator_loss(real[:, None], real)
    assert pairs.mean() >= np.log(2) * (1 - 1e-15)
    flat = relativistic.discriminator_loss(0 * real[:, None] + 3, 0 * real + 3)
    assert_allclose(flat, np.log(2), rtol=1e-15)


@given(logits(50.0), st.floats(-100, 100))
def test_only_the_difference_counts(a, c):
    """So a bias after the last layer would never be moved, and the model has none."""
    fake, real = torch.from_numpy(a), torch.from_numpy(a).flip(0)
    for loss in (relativistic.discriminator_loss, relativistic.generator_loss):
        assert_allclose(loss(real + c, fake + c), loss(real, fake), rtol=0, atol=1e-13)


def test_the_players_want_opposite_things_of_a_pair():
    real, fake = torch.tensor([3.0]), torch.tensor([-1.0])
    judge, maker = relativistic.discriminator_loss, relativistic.generator_loss
    assert judge(real, fake) < 0.02 < 4 < maker(real, fake)
    assert judge(real, fake) == maker(fake, real)


def test_a_certain_mistake_still_has_a_gradient():
    """Through probabilities the gradient at a difference of 40 in float32 would be exactly 0."""
    low, high = torch.tensor(-20.0), torch.tensor(20.0)
    assert grad(relativistic.discriminator_loss)(low, high) == -1
    assert grad(relativistic.generator_loss, argnums=1)(high, low) == -1
