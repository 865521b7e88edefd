"""The Torch critic's losses are the oracle's, and no 1-Lipschitz critic exceeds W1."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import wasserstein
from reference.objectives import wasserstein as oracle
from reference.theory.losses import gan_losses
from reference.theory.transport import w1_1d, w1_dual_1d
from tests.strategies import logits

PLACES = arrays(float, 7, elements=st.integers(-40, 40).map(lambda i: i / 8))


@given(logits(), logits())
def test_value_and_gradients(r, f):
    r, f = r[: len(f)], f[: len(r)]
    real, fake = torch.from_numpy(r), torch.from_numpy(f)
    value = wasserstein.discriminator_loss(real, fake)
    assert_allclose(value, oracle.discriminator_loss(r, f), rtol=1e-15)
    gradients = vmap(grad(wasserstein.discriminator_loss, (0, 1)))(real, fake)
    for gradient, known in zip(gradients, oracle.discriminator_loss_gradients(r, f), strict=True):
        assert_allclose(gradient, known, rtol=0)
    assert_allclose(wasserstein.generator_loss(fake), oracle.generator_loss(f), rtol=0)
    gradient = vmap(grad(wasserstein.generator_loss))(fake)
    assert_allclose(gradient, oracle.generator_loss_gradient(f), rtol=0)
    both = gan_losses(r, f, "wgan", "none")
    assert_allclose(oracle.discriminator_loss(r, f), both[0], rtol=1e-15)
    assert_allclose(oracle.generator_loss(f), both[1], rtol=0)


@given(PLACES, PLACES)
def test_the_best_critic_of_gradient_one_earns_the_distance(x, y):
    """The loss of the oracle's dual critic is -W1, to rounding; that of others is no less."""
    grid = np.unique(np.concatenate([x, y]))
    F, G = ((s[:, None] <= grid).mean(0) for s in (x, y))
    best, _ = w1_dual_1d(grid, F, G)

    def loss(f):
        real, fake = (torch.from_numpy(np.interp(s, grid, f)) for s in (x, y))
        return wasserstein.discriminator_loss(real, fake).mean().item()

    assert_allclose(loss(best), -w1_1d(x, y), rtol=1e-13, atol=1e-14)
    for other in (grid, -grid, np.abs(grid), np.sin(grid), 0 * grid):
        assert loss(other) >= loss(best) - 1e-14


@given(logits(), st.floats(-100, 100))
def test_a_constant_cancels(f, c):
    """So a bias after the last layer would never be moved, and the models have none."""
    fake = torch.from_numpy(f)
    shifted = wasserstein.discriminator_loss(fake.flip(0) + c, fake + c)
    assert_allclose(shifted, wasserstein.discriminator_loss(fake.flip(0), fake), atol=1e-12)


def test_which_argument_is_real():
    """The critic is to be high at data."""
    high, low = torch.tensor([3.0]), torch.tensor([-1.0])
    assert wasserstein.discriminator_loss(high, low) == -4
    assert wasserstein.generator_loss(high) == -3
