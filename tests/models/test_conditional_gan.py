"""The conditional game: which network sees which label, and where labels come from."""

import math

import pytest
import torch
from scipy.stats import chisquare

from pipeline import models
from pipeline.datasets import build
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import conditional_gan

SIZE = {"features": 2, "latent": 3, "width": 6, "classes": 4}
MODEL = conditional_gan.Model(**SIZE)


def replica(model=MODEL):
    ensemble = Ensemble(model, [5])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def inputs(count=12):
    rng = torch.Generator().manual_seed(0)
    batch = {
        "x": torch.randn(count, 2, generator=rng),
        "label": torch.randint(4, (count,), generator=rng),
    }
    noise = {
        "z": torch.randn(count, 3, generator=rng),
        "label": torch.randint(4, (count,), generator=rng),
    }
    return batch, noise


def other(label, at):
    """The labels, but another one at one place."""
    changed = label.clone()
    changed[at] = (changed[at] + 1) % 4
    return changed


def test_the_class_is_one_hot_behind_the_first_input():
    given = MODEL.with_class(torch.zeros(4, 3), torch.arange(4))
    assert torch.equal(given, torch.cat([torch.zeros(4, 3), torch.eye(4)], dim=1))
    both = conditional_gan.Model(**SIZE, components=5)
    noise = {"z": torch.zeros(2, 3), "label": torch.tensor([0, 3]), "component": torch.arange(2)}
    given = both.with_class(both.latents(noise), both.asked(noise))
    assert given.shape == (2, 3 + 5 + 4)
    assert torch.equal(given[:, 8:], torch.eye(4)[[0, 3]])


def test_both_players_are_told():
    """A class that changes moves the sample, and the logit of real and of made examples alike."""
    net, (batch, noise) = replica(), inputs()
    changed = noise | {"label": other(noise["label"], 3)}
    moved = (MODEL.sample(net, noise) != MODEL.sample(net, changed)).any(1)
    assert moved.nonzero().tolist() == [[3]]
    for of, label in ((batch["x"], batch["label"]), (MODEL.sample(net, noise), noise["label"])):
        told, mistold = (MODEL.joint_logits(net, of, y) for y in (label, other(label, 3)))
        assert (told != mistold).nonzero().tolist() == [[3]]


def test_each_example_is_judged_with_its_own_class():
    """Real ones with the label of the data, made ones with the label they were asked for."""
    net, (batch, noise) = replica(), inputs()
    loss = MODEL.discriminator_loss(net, batch, noise)["minimax"]
    for name, inside in (("batch", batch), ("noise", noise)):
        changed = {"batch": batch, "noise": noise}
        changed[name] = inside | {"label": other(inside["label"], 5)}
        moved = MODEL.discriminator_loss(net, **changed)["minimax"] != loss
        assert moved.nonzero().tolist() == [[5]], name
    made = torch.cat([MODEL.sample(net, noise), torch.eye(4)[noise["label"]]], dim=1)
    known = torch.nn.functional.softplus(-net.discriminator(made)[:, 0])
    torch.testing.assert_close(MODEL.generator_loss(net, {}, noise)["non_saturating"], known)


def test_classes_are_asked_for_uniformly_and_by_name():
    """10,000 draws of four classes: a chi-squared test at p = 1e-6."""
    ensemble = Ensemble(MODEL, [0, 1])
    noise = ensemble.noise(MODEL.prior(), (5_000,), "test")
    assert torch.equal(MODEL.asked(noise), noise["label"])
    assert chisquare(noise["label"].flatten().bincount(minlength=4)).pvalue > 1e-6
    assert not torch.equal(noise["label"][0], noise["label"][1])


def test_the_data_decide_how_many_classes_there_are():
    arguments = {"latent": 3, "width": 6}
    model = models.build("conditional_gan", arguments, build("digits", {}))
    assert model.classes == 10


def test_an_undecided_discriminator_costs_log_four():
    net, (batch, noise) = replica(), inputs()
    zero = {name: torch.zeros_like(w) for name, w in net.state["discriminator"].items()}
    terms = MODEL.discriminator_loss(net.replace(discriminator=zero), batch, noise)
    assert terms["minimax"].tolist() == pytest.approx([math.log(4)] * 12, rel=1e-6)
