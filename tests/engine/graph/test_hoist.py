"""Hoisted values equal those that the steps of a round would compute in their turn."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import (
    dcgan,
    gan,
    vae,
    wgan_gp,
)
from tests.engine.test_ensemble import data, flat

SIZE = {"features": 3, "latent": 2, "width": 8}
SGD = optimizer("sgd", lr=0.02, momentum=0.5)


class Echo(gan.Model):
    """A third player moves the generator again, towards what it made of a noise of its own."""

    def players(self):
        judge, maker = super().players()
        return judge, maker, Player("echo", self.echo, ("generator",), noise=maker.noise)

    def echo(self, net, batch, noise):
        return {"echo": (net.generator(noise["z"]) - batch["x"]).square().sum(-1)}


MODELS = {
    "gan, k = 3": gan.Model(**SIZE, k=3),
    "gan, two generator steps": gan.Model(**SIZE, generator_steps=2),
    "three players": Echo(**SIZE),
    "wgan_gp": wgan_gp.Model(**SIZE, k=2),
}


def played(model, wide, monkeypatch, chunk=0, compiled=False, rounds=18):
    monkeypatch.setattr("pipeline.engine.graph.nodes.WIDE", wide)
    begun = Training(Ensemble(model, [3, 4, 5]), data(), 16, SGD, chunk, compiled)
    return begun, list(begun.play(rounds))


@pytest.mark.parametrize(("name", "chunk"), [*((name, 0) for name in MODELS), ("gan, k = 3", 1)])
def test_steps_with_hoisted_values_are_the_same_steps(name, chunk, monkeypatch, double):
    """Weights and terms to rounding, over a block of rounds and two more."""
    begun, told = played(MODELS[name], 1, monkeypatch, chunk)
    known, expected = played(MODELS[name], 2**60, monkeypatch, chunk)
    assert begun.chunks[0]._plan(0).hoisted is not None
    assert known.chunks[0]._plan(0).hoisted is None
    torch.testing.assert_close(flat(begun), flat(known), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(told, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
def test_compiled_steps_with_hoisted_values_are_the_same_steps(monkeypatch, double):
    begun, _ = played(MODELS["wgan_gp"], 1, monkeypatch, 1, compiled=True)
    known, _ = played(MODELS["wgan_gp"], 2**60, monkeypatch, 1)
    torch.testing.assert_close(flat(begun), flat(known), rtol=1e-12, atol=1e-12)


def products(traced):
    bmm = torch.ops.aten.bmm.default, torch.ops.aten.baddbmm.default
    return sum(node.target in bmm for node in traced.graph.nodes)


def test_a_layer_is_one_product_for_all_steps_of_a_round(monkeypatch, double):
    """Three steps pass the generator: one product for each of its layers; and the critic, whose
    weights each of its steps moves, has none hoisted."""
    begun, _ = played(MODELS["wgan_gp"], 1, monkeypatch, 1, rounds=1)
    plan, modules = begun.chunks[0]._plan(0), begun.ensemble.modules
    layers = sum(isinstance(layer, torch.nn.Linear) for layer in modules["generator"])
    assert products(plan.hoisted) == layers
    known, _ = played(MODELS["wgan_gp"], 2**60, monkeypatch, 1, rounds=1)
    for player in known.players:
        whole, rest = (p.chunks[0]._plan(0).steps[player.name] for p in (known, begun))
        assert products(rest) <= products(whole) - layers


def test_a_game_that_gains_nothing_has_nothing_hoisted(monkeypatch):
    """One player; narrow networks; convolutions."""

    def hoisted(model, wide):
        begun, _ = played(model, wide, monkeypatch, rounds=1)
        return begun.chunks[0]._plan(0).hoisted is not None

    assert not hoisted(vae.Model(**SIZE, likelihood="bernoulli"), 1)
    widest = 16 * 8 * 8  # multiplications of a hidden layer
    assert hoisted(gan.Model(**SIZE), widest)
    assert not hoisted(gan.Model(**SIZE), widest + 1)
    eyes = dcgan.Model(features=64, latent=2, width=2, shape=(8, 8))
    monkeypatch.setattr("pipeline.engine.graph.nodes.WIDE", 1)
    begun = Training(Ensemble(eyes, [0]), {"x": torch.rand(20, 64)}, 8, SGD)
    next(begun.play(1))
    assert begun.chunks[0]._plan(0).hoisted is None
