"""The GAN: which player moves, how often, and from which latents."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan

SIZE = {"features": 3, "latent": 2, "width": 8}
X = {"x": torch.rand(50, 3, generator=torch.Generator().manual_seed(0))}


def trained(rounds=3, **arguments):
    training = Training(
        Ensemble(gan.Model(**SIZE, **arguments), [0, 1]), X, 16, optimizer("sgd", lr=0.1)
    )
    for _ in training.play(rounds):
        pass
    return training.ensemble


@pytest.mark.parametrize("moves", ["generator", "discriminator"])
def test_who_does_not_move_stays_as_it_began(moves):
    begun, ended = Ensemble(gan.Model(**SIZE), [0, 1]), trained(moves=moves)
    for network, weights in begun.weights.items():
        assert torch.equal(weights, ended.weights[network]) == (network != moves)


def test_steps_are_taken_as_often_as_they_are_asked_for():
    """A step is one call of the player's loss in a round of its own batch and noise."""
    model = gan.Model(**SIZE, k=3, generator_steps=2)
    assert [(p.name, p.steps) for p in model.players()] == [("discriminator", 3), ("generator", 2)]
    once, twice = trained(rounds=1), trained(rounds=1, generator_steps=2)
    assert torch.equal(once.weights["discriminator"], twice.weights["discriminator"])
    assert not torch.equal(once.weights["generator"], twice.weights["generator"])


def test_a_category_is_a_part_of_the_latent():
    """K orthogonal vectors of length sqrt(K); two examples differ by theirs alone."""
    model = gan.Model(**SIZE, components=5)
    assert model.prior()["component"].below == 5
    noise = {"z": torch.zeros(5, 2), "component": torch.arange(5)}
    given = model.latents(noise)
    assert torch.equal(given[:, 2:], math.sqrt(5) * torch.eye(5))
    assert torch.equal(given[:, :2], torch.zeros(5, 2))
    drawn = Ensemble(model, [0]).noise(model.prior(), (4000,), "test")["component"]
    shares = drawn[0].bincount(minlength=5)
    # Binomial: a count of 4,000 draws with p = 1/5 has the standard deviation 25.3.
    assert (shares - 800).abs().max() < 5 * 25.3


def test_without_categories_the_latent_is_z():
    model = gan.Model(**SIZE)
    z = torch.randn(4, 2)
    assert model.latents({"z": z}) is z
    assert list(model.prior()) == ["z"]
