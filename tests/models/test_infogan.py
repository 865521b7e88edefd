"""InfoGAN: whom its information reaches, and that a code is read from the sample made of it."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.func import grad

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import infogan, roles

MODEL = infogan.Model(features=3, latent=2, width=6, components=4, codes=2)


def batch():
    return {"x": torch.randn(12, 3, generator=torch.manual_seed(0))}


def replica(model=MODEL):
    ensemble = Ensemble(model, [5])
    noise = {n: t[0] for n, t in ensemble.noise(model.prior(), (12,), "test").items()}
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state), noise


def reader(model):
    """A generator that shows its input, and a discriminator that reads the codes from it."""
    k = model.components

    def discriminator(x):
        code = x[:, model.latent + k :]
        return torch.cat([0 * x[:, :1], 1e3 * x[:, model.latent :][:, :k], code], dim=1)

    return SimpleNamespace(generator=lambda z: z, discriminator=discriminator)


@pytest.mark.parametrize("loss", ["discriminator_loss", "generator_loss"])
def test_a_code_is_read_from_its_own_sample(loss, double):
    """Whoever reads what was put in has all of log 4, and of two numbers at a Gaussian of
    variance 1 the most, 2 log 2 - log 2 pi. Noise drawn anew for the information would have
    3 of 4 categories wrong, at a cost of 2,000 each."""
    net, (_, noise) = reader(MODEL), replica()
    x = MODEL.sample(net, noise)
    terms = getattr(MODEL, loss)(net, {"x": x}, noise)
    assert torch.allclose(terms["category"], torch.tensor(-math.log(4)))
    most = 2 * math.log(2) - math.log(2 * math.pi)
    assert torch.allclose(terms["code"], torch.tensor(-0.1 * most))


@pytest.mark.parametrize("term", ["category", "code"])
def test_the_information_reaches_both_players(term, double):
    """G moves by it, and so do Q's own rows and the trunk that Q shares with D; not D's row."""
    net, noise = replica()

    def value(moved, network, loss):
        return loss(net.replace(**{network: moved}), batch(), noise)[term].mean()

    made = grad(value)(net.state["generator"], "generator", MODEL.generator_loss)
    assert all((g != 0).any() for g in made.values())
    judged = grad(value)(net.state["discriminator"], "discriminator", MODEL.discriminator_loss)
    assert (judged["0.weight"] != 0).any()
    rows = (judged["4.weight"] != 0).any(1)
    category = [False] + [True] * 4 + [False] * 2
    assert rows.tolist() == (category if term == "category" else [False] * 5 + [True] * 2)


def test_both_players_gain_by_the_same_information(double):
    net, noise = replica()
    judged = MODEL.discriminator_loss(net, batch(), noise)
    made = MODEL.generator_loss(net, {}, noise)
    for name in ("category", "code"):
        torch.testing.assert_close(judged[name], made[name])
    assert list(judged) == ["minimax", "category", "code"]
    assert list(made) == ["non_saturating", "category", "code"]
    heavy = infogan.Model(
        features=3, latent=2, width=6, components=4, category_weight=3.0, code_weight=0.3
    )
    for name, term in heavy.generator_loss(net, {}, noise).items():
        torch.testing.assert_close(term, made[name] * (1 if name == "non_saturating" else 3))


def test_the_layout_of_the_outputs():
    """First D's logit, then K categories, then the means of the numbers."""
    net = SimpleNamespace(discriminator=lambda x: torch.arange(7.0).expand(len(x), 7))
    assert MODEL.logits(net, batch()["x"]).tolist() == [0.0] * 12
    assert MODEL.cluster_logits(net, batch()["x"])[0].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_what_the_generator_is_given():
    """z, the scaled one-hot category, and two numbers that fill [-1, 1]."""
    seen = {}
    net = SimpleNamespace(generator=lambda z: seen.setdefault("z", z))
    noise = Ensemble(MODEL, [1]).noise(MODEL.prior(), (4000,), "test")
    noise = {name: t[0] for name, t in noise.items()}
    MODEL.sample(net, noise)
    assert seen["z"].shape == (4000, 8)
    assert torch.equal(seen["z"][:, 2:6].argmax(1), MODEL.category(noise))
    assert torch.equal(seen["z"][:, 6:], MODEL.code_values(noise))
    assert seen["z"][:, 6:].aminmax().min < -0.99
    assert seen["z"][:, 6:].aminmax().max > 0.99


def test_without_numbers_there_is_no_term_and_without_categories_no_game():
    model = infogan.Model(features=3, latent=2, width=6, components=4, codes=0)
    net, noise = replica(model)
    assert list(model.generator_loss(net, {}, noise)) == ["non_saturating", "category"]
    assert model.code_values(noise).shape == (12, 0)
    with pytest.raises(ValueError, match="components must be at least 2"):
        infogan.Model(features=3, latent=2, width=6)


def test_its_roles():
    asked = [roles.Discriminator, roles.Sampler, roles.Game, roles.Clusters, roles.Coded]
    assert not roles.lacking(MODEL, asked)
    assert set(roles.lacking(MODEL, [roles.Classifier, roles.Conditional])) == {
        "Classifier",
        "Conditional",
    }
