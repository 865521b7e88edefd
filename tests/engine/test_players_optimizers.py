"""A player with its own optimizer: what it changes, and what it leaves unchanged."""

import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan
from tests.engine.shared import sharing
from tests.engine.test_ensemble import ADAM, data, flat

MODEL = gan.Model(features=3, latent=2, width=8)


def begin(common, **own):
    return sharing(Training(Ensemble(MODEL, [4, 5]), data(), 16, common, own=own))


def test_the_same_optimizer_for_one_player_changes_nothing():
    alike, own = begin(ADAM), begin(ADAM, generator=ADAM)
    for begun in (alike, own):
        list(begun.play(5))
    assert torch.equal(flat(alike), flat(own))


def test_a_generator_moves_by_its_own_learning_rate(double):
    """By SGD, w_1 - w_0 = -lr g, with the same g: the discriminator has moved alike before."""
    moved = []
    for rate in (0.1, 0.01):
        begun = begin(optimizer("sgd", lr=0.1), generator=optimizer("sgd", lr=rate))
        start = {n: w.clone() for n, w in begun.ensemble.weights.items()}
        list(begun.play(1))
        moved.append({n: w - start[n] for n, w in begun.ensemble.weights.items()})
    torch.testing.assert_close(moved[0]["generator"], 10 * moved[1]["generator"])
    assert torch.equal(moved[0]["discriminator"], moved[1]["discriminator"])
