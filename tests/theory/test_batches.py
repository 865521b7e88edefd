"""Batches: real and generated examples together or apart, and rounds versus epochs."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.func import grad, jvp
from torch.nn.functional import binary_cross_entropy_with_logits

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan
from pipeline.objectives import minimax


def losses(network, real, fake):
    """The discriminator's loss by one mixed batch with labels and by two, and their gradients."""
    label = torch.tensor([1.0, 0.0], dtype=torch.float64).repeat_interleave(len(real))
    both = network(torch.cat([real, fake]))[:, 0]
    mixed = 2 * binary_cross_entropy_with_logits(both, label)  # a mean over twice as many
    apart = minimax.discriminator_loss(network(real)[:, 0], network(fake)[:, 0]).mean()
    return [
        (loss, torch.autograd.grad(loss, list(network.parameters()))) for loss in (mixed, apart)
    ]


@pytest.mark.parametrize("normalised", [False, True])
@given(seed=st.integers(0, 1000))
def test_fakes_may_be_mixed_with_reals_unless_a_layer_looks_at_the_whole_batch(normalised, seed):
    """One batch of both, labelled, has the loss and gradients of two batches, one of each; with
    batch norm it has not, which then sees what no example shows: how many are fakes."""
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = gan.Model(features=3, latent=2, width=6).networks()["discriminator"]
    if normalised:
        network.insert(1, nn.BatchNorm1d(6))
    real, fake = torch.randn(2, 10, 3, generator=rng).double()
    mixed, apart = losses(network.double(), real, fake + 1)
    if normalised:
        assert abs(mixed[0] - apart[0]) > 1e-6
    else:
        torch.testing.assert_close(mixed, apart, rtol=1e-13, atol=1e-14)


def test_a_round_is_no_pass_over_the_data():
    """After as many examples as there are, e^-1 of them were never seen and no multiple of a pass
    ever ends: so numbers are by round, and a round is k batches. 20 replicas of 1,000 examples:
    the share unseen has the error sqrt((e^-1 - 2 e^-2) / 20,000) = 0.0022."""
    x = torch.arange(1000.0)[:, None]
    model = gan.Model(features=1, latent=1, width=2, k=2)
    begun = Training(Ensemble(model, range(20)), {"x": x}, 50, optimizer("sgd", lr=0.1), 20)
    judge = next(player for player in begun.players if player.name == "discriminator")
    seen = torch.zeros(20, 1000)
    for played in range(1000 // 50 // model.k):
        for step in range(judge.steps):
            batch, _ = begun.chunks[0].inputs(judge, step, played)
            seen.scatter_(1, batch["x"][:, :, 0].long(), 1.0)
    assert abs(1 - seen.mean().item() - math.exp(-1)) < 4.5 * 0.0022


@given(seed=st.integers(0, 1000))
def test_a_step_on_each_half_is_one_on_both_to_first_order(seed):
    """A step on reals and then one on fakes, against one on both: they differ by eta^2 H g, H the
    curvature of the fakes' loss and g the gradient of the reals', and by no more than eta^3."""
    rng = torch.Generator().manual_seed(seed)
    real, fake = torch.randn(2, 10, 3, generator=rng).double()
    w = torch.randn(3, generator=rng).double()
    of_real = grad(lambda w: minimax.discriminator_loss(real @ w, 0 * fake @ w).mean())
    of_fake = grad(lambda w: minimax.discriminator_loss(0 * real @ w, fake @ w).mean())
    g = of_real(w)
    _, curved = jvp(of_fake, (w,), (g,))
    for eta in (1e-2, 1e-3):
        first = w - eta * g
        two, one = first - eta * of_fake(first), w - eta * (g + of_fake(w))
        assert (two - one - eta**2 * curved).norm() < 10 * eta**3
        assert curved.norm() > 1e-4
        assert (two - one).norm() > 0.5 * eta**2 * curved.norm()
