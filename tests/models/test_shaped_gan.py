"""Latents of three shapes, of equal variance or learned; and features of a discriminator."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import feature_gan, gan, roles, shaped_gan

SIZE = {"features": 3, "latent": 2, "width": 8}
X = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))


def replica(model, count):
    ensemble = Ensemble(model, [5])
    noise = ensemble.noise(model.prior(), (count,), "test")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state), {n: t[0] for n, t in noise.items()}


@pytest.mark.parametrize("noise", ["uniform", "normal"])
def test_latents_have_mean_0_and_variance_1(noise):
    model = shaped_gan.Model(**SIZE, noise=noise)
    net, drawn = replica(model, 20_000)
    z = model.latents(net, drawn)
    assert z.mean(0).abs().max() < 0.04
    assert (z.var(0) - 1).abs().max() < 0.05
    assert (z.abs().max() <= 3**0.5) == (noise == "uniform")


def test_a_mixture_is_drawn_from_its_parts_and_learned_with_the_generator(double):
    model = shaped_gan.Model(**SIZE, noise="mixture", parts=3)
    net, drawn = replica(model, 9_000)
    z, state = model.latents(net, drawn), net.state["latents"]
    for c in range(3):
        own = z[drawn["part"] == c]
        assert abs(len(own) - 3000) < 200
        torch.testing.assert_close(own.mean(0), state["means"][c], rtol=0, atol=0.02)
        torch.testing.assert_close(own.std(0), state["spreads"][c], rtol=0.05, atol=0)
    begun = Training(Ensemble(model, (1, 2)), {"x": X.double()}, 8, optimizer("sgd", lr=0.1))
    before = begun.ensemble.weights["latents"].clone()
    list(begun.play(2))
    assert (begun.ensemble.weights["latents"] != before).all(1).all()


def played(model):
    begun = Training(Ensemble(model, (3, 4)), {"x": X.double()}, 8, optimizer("sgd", lr=0.1))
    list(begun.play(3))
    return begun.ensemble.weights


def test_with_normal_noise_it_is_the_plain_game(double):
    ours, known = played(shaped_gan.Model(**SIZE, noise="normal")), played(gan.Model(**SIZE))
    for name, weights in known.items():
        torch.testing.assert_close(ours[name], weights, rtol=1e-10, atol=1e-12)


def test_features_are_the_last_hidden_layer_and_the_logit_is_linear_in_them(double):
    model = feature_gan.Model(**SIZE)
    assert issubclass(feature_gan.Model, roles.Encoder)
    assert issubclass(feature_gan.Model, roles.Discriminator)
    net, _ = replica(model, 1)
    h, head = model.code(net, X.double()), net.state["head"]
    assert h.shape == (50, 8)
    known = h @ head["0.weight"][0] + head["0.bias"][0]
    torch.testing.assert_close(model.logits(net, X.double()), known)
    assert set(model.networks()) == {"generator", "trunk", "head"}
    (discriminator, generator) = model.players()
    assert discriminator.moves == ("trunk", "head")
    assert generator.moves == ("generator",)
