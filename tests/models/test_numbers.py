"""Every real number that a model is given has its effect, and at other values than the default.

A weight w of a term is its factor: the term is proportional to w, and no other term knows it. Any
other number changes what the networks begin as, a term, a sample, a projection, or the phases.
"""

from dataclasses import fields
from functools import cache
from typing import get_type_hints

import pytest
import torch

from pipeline import models
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.phases import stretches
from pipeline.engine.randomness import Uniform
from tests.metrics import untrained, walk

WEIGHTS = ("gamma", "penalty", "beta")  # and all that end in _weight
ALSO = {("dirac_gan", "gamma"): {"objective": "r1"}}  # without which it is asked for nothing
# Refused (tests/models/test_iwae.py), and a place in a pool (tests/models/test_few_labels.py).
ASIDE = {("iwae", "beta"), ("m2", "split"), ("m1_m2", "split")}
BETWEEN = {("singan", "ratio"): (0.7, 0.9)}  # else the coarsest image is smaller than a patch
ROWS, ROUNDS = 4, 100


@cache
def place():
    """For each model the first data that it is accepted for, digits before others."""
    found = {}
    for model, variant, name in walk.trainable():
        better = name == "digits" and found.get(model, ("", ""))[1] != "digits"
        if model not in found or (better and found[model][0] == variant):
            found[model] = variant, name
    return found


def numbers():
    for model in models.names():
        hints = get_type_hints(models.kind(model))
        for f in fields(models.kind(model)):
            if hints[f.name] is float and (model, f.name) not in ASIDE:
                yield model, f.name


def weighs(field):
    return field in WEIGHTS or field.endswith("_weight")


def built(model, **changes):
    variant, name = place()[model]
    of = untrained.data(name)
    block = untrained.arguments(model, of, untrained.VARIANTS.get(model, [{}])[variant])
    return models.build(model, block | changes, of), untrained.splits(name)


def terms(made, pools):
    """{(player, term): its values} of one replica, whose seed is always the same."""
    ensemble, found = Ensemble(made, [3]), {}
    state = {n: {k: t[0] for k, t in own.items()} for n, own in ensemble.state.items()}
    for player in made.players():
        batch = {
            key if name == "x" else f"{name}_{key}": array[:ROWS]
            for name, pool in player.draws.items()
            for key, array in pools[pool].items()
        }
        noise = ensemble.noise(player.noise, (ROWS,), f"test/{player.name}")
        given = batch | ({"progress": torch.tensor(0.3)} if player.progress else {})
        nets = Nets(ensemble.modules, {n: dict(own) for n, own in state.items()})
        of = player.loss(nets, given, {name: t[0] for name, t in noise.items()})
        found |= {(player.name, term): value.detach() for term, value in of.items()}
    return found


@pytest.mark.parametrize(("model", "field"), [n for n in numbers() if weighs(n[1])])
def test_a_weight_is_the_factor_of_its_terms(model, field, double):
    """t(w) = w t(1) of each term, or t(w) = t(1); and the former of one at least."""
    also = ALSO.get((model, field), {})
    once, more = (terms(*built(model, **also | {field: w})) for w in (1.0, 2.5))
    assert once.keys() == more.keys()
    weighed = set()
    for key, value in once.items():
        if not torch.equal(more[key], value):
            torch.testing.assert_close(more[key], 2.5 * value, rtol=1e-12, atol=1e-14)
            weighed.add(key)
    assert weighed


def told(made, pools):
    """All that a number of a model may change, as tensors by name."""
    found = {f"{player}/{term}": value for (player, term), value in terms(made, pools).items()}
    ensemble = Ensemble(made, [3])
    found |= {f"weights/{name}": w for name, w in ensemble.weights.items()}
    if hasattr(made, "sample"):
        found["sample"] = ensemble.sample(ROWS, "test")
    ends = [(s.start, s.stop) for s in stretches(made, ROUNDS) if s.stop <= ROUNDS]
    found["phases"] = torch.tensor(ends or [(0, ROUNDS)])
    for player in made.players():
        if player.project:
            found[f"{player.name}/project"] = player.project(torch.linspace(-1, 1, 9))
    return found


@pytest.mark.parametrize(("model", "field"), [n for n in numbers() if not weighs(n[1])])
def test_a_number_has_an_effect(model, field, double):
    values = BETWEEN.get((model, field), (0.3, 0.6))
    one, other = (told(*built(model, **{field: value})) for value in values)
    assert one.keys() == other.keys()
    assert any(not torch.equal(tensor, other[name]) for name, tensor in one.items())


@pytest.mark.parametrize("model", ["progressive_gan", "star_gan", "wgan_gp"])
def test_the_points_of_a_penalty_are_uniform_between_the_examples(model):
    """One number from 0 to 1 for each example: Gulrajani et al. (2017), algorithm 1."""
    declared = [p.noise["epsilon"] for p in built(model)[0].players() if "epsilon" in p.noise]
    assert declared == [Uniform(())] * len(declared) != []
