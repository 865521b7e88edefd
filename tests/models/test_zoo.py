"""The games of the zoo are each other's where the equations say so, and run in an ensemble."""

import pytest
import torch

from pipeline.ensemble import Ensemble, Training
from pipeline.models import lsgan, r1_gan, relativistic_gan, sn_gan, wgan, wgan_gp
from pipeline.optimisers import optimiser

SIZE = {"features": 3, "latent": 2, "width": 8}
ZOO = {
    module.__name__.rpartition(".")[2]: module.Model
    for module in (lsgan, wgan, wgan_gp, sn_gan, r1_gan, relativistic_gan)
}
EVERY = pytest.mark.parametrize("Model", ZOO.values(), ids=ZOO)
X = {"x": torch.rand(50, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1}


def begin(model, seeds=(0, 1), batch=16):
    x = {"x": X["x"].to(torch.get_default_dtype())}
    return Training(Ensemble(model, seeds), x, batch, optimiser("sgd", lr=0.1))


def tensors(begun):
    """{network.tensor: a copy, (R, ...)}"""
    state = begun.ensemble.state.items()
    return {f"{n}.{k}": t.clone() for n, own in state for k, t in own.items()}


@EVERY
def test_an_ensemble_is_its_replicas(Model, double):
    """The same weights alone and in company, to rounding."""
    together = begin(Model(**SIZE), [10, 11])
    alone = begin(Model(**SIZE), [11])
    for _ in zip(together.play(4), alone.play(4), strict=True):
        pass
    beside = tensors(together)
    for name, tensor in tensors(alone).items():
        torch.testing.assert_close(beside[name][1], tensor[0], rtol=1e-12, atol=1e-12)


@EVERY
def test_a_player_moves_all_of_its_own_network_and_no_other(Model, double):
    model = Model(**SIZE)
    for player in model.players():
        begun = begin(model)
        before = tensors(begun)
        begun._step(player, *begun._inputs(player, 0))
        for name, tensor in tensors(begun).items():
            moved = (tensor != before[name]).flatten(1).any(1)
            own = name.split(".")[0] in player.moves
            assert (moved == own).all(), f"{player.name}: {name}"


@EVERY
def test_a_term_is_named_after_its_objective(Model):
    model = Model(**SIZE)
    report = next(begin(model).play(1))
    objective = model.generator_objective
    assert list(report["generator"]) == [objective]
    discriminator = list(report["discriminator"])
    assert discriminator[0] == ("minimax" if Model is r1_gan.Model else objective)
    assert discriminator[1:] in ([], ["gradient_penalty"])
