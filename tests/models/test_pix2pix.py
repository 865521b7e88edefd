"""Pix2Pix: which pair is real, what each patch decides, and what the L1 term weighs."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import pix2pix, roles
from pipeline.study.validation import checked

SIZE = {"features": 64, "width": 2, "shape": (8, 8)}
MODEL, PLAIN = pix2pix.Model(**SIZE), pix2pix.Model(**SIZE, adversarial=False)


def batch(n=6):
    rng = torch.Generator().manual_seed(0)
    x, y = torch.rand(2, n, 64, generator=rng, dtype=torch.float64) * 2 - 1
    return {"x": x, "partner": y, "label": torch.arange(n)}


def replica(model=MODEL, seed=3):
    ensemble = Ensemble(model, [seed])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


class Judged:
    """A generator that hands on x, and a discriminator that says what it is told."""

    def __init__(self, judge, made=lambda x: x):
        self.discriminator, self.generator = judge, made


def test_the_loss_of_an_undecided_discriminator(double):
    """2 log 2 of the discriminator, log 2 of the generator, however many patches there are."""
    net = Judged(lambda pair: torch.zeros(len(pair), 16))
    assert torch.allclose(
        MODEL.discriminator_loss(net, batch(), {})["minimax"], torch.tensor(math.log(4))
    )
    told = MODEL.generator_loss(net, batch(), {})
    assert torch.allclose(told["non_saturating"], torch.tensor(math.log(2)))


def test_the_real_pair_is_the_true_one(double):
    """A discriminator that knows the partner of each x pays nothing, one that takes the generated
    image for it pays: so is the order of the arguments, and x is seen on both sides."""
    b, seen = batch(), []

    def knows(pair):
        x, y = pair.split(64, -1)
        seen.append(x)
        right = (y == b["partner"]).all(-1, keepdim=True)
        return torch.where(right, 50.0, -50.0).expand(-1, 16)

    net = Judged(knows)
    assert MODEL.discriminator_loss(net, b, {})["minimax"].max() < 1e-20
    assert torch.allclose(MODEL.generator_loss(net, b, {})["non_saturating"], torch.tensor(50.0))
    assert all(torch.equal(x, b["x"]) for x in seen)


def test_the_weight_of_the_l1_term_is_per_pixel(double):
    """Off by 0.1 everywhere costs 100 x 0.1, of 64 pixels as of 784."""
    for shape, model in (((8, 8), MODEL), ((28, 28), None)):
        n = shape[0] * shape[1]
        model = model or pix2pix.Model(features=n, width=2, shape=shape, patch_depth=2)
        y = torch.zeros(3, n)
        net = Judged(lambda pair: torch.zeros(len(pair), 16), lambda x: x + 0.1)
        term = model.generator_loss(net, {"x": y, "partner": y}, {})["absolute_error"]
        assert torch.allclose(term, torch.full((3,), 10.0))


def test_without_the_adversarial_term_there_is_no_discriminator():
    assert list(PLAIN.networks()) == ["generator"]
    assert [player.name for player in PLAIN.players()] == ["generator"]
    net = replica(PLAIN)
    given = {n: t.float() if n != "label" else t for n, t in batch().items()}
    assert list(PLAIN.generator_loss(net, given, {})) == ["absolute_error"]


def test_both_start_from_the_same_generator():
    """So that what the adversarial term adds is seen on the same seeds."""
    ours, plain = (Ensemble(model, [5]).weights["generator"] for model in (MODEL, PLAIN))
    assert torch.equal(ours, plain)


def test_a_player_moves_its_own_network_and_a_replica_is_itself(double):
    def begin(seeds):
        return Training(Ensemble(MODEL, seeds), batch(), 4, optimizer("adam", lr=1e-2))

    together, alone = begin([1, 2]), begin([2])
    for player in MODEL.players():
        before = {n: w.clone() for n, w in together.ensemble.weights.items()}
        for training in (together, alone):
            chunk = training.chunks[0]
            chunk.step(player, *chunk.inputs(player, 0, 0), 0)
        for name, weights in together.ensemble.weights.items():
            moved = together.ensemble.named(name, weights != before[name])
            assert all(own.any() == (name in player.moves) for own in moved.values())
            known = alone.ensemble.weights[name][0]
            torch.testing.assert_close(weights[1], known, rtol=1e-9, atol=1e-9)


def test_it_learns_to_invert_an_image():
    """x to -x, from pairs: within 300 rounds half of the error of doing nothing, which is 4/3."""
    x = torch.rand(200, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    x = x.view(-1, 8, 8)[:, ::2, ::2].repeat_interleave(2, 1).repeat_interleave(2, 2).flatten(1)
    model = pix2pix.Model(features=64, width=8, depth=1, shape=(8, 8))
    data = {"x": x, "partner": -x}
    training = Training(Ensemble(model, [0]), data, 16, optimizer("adam", lr=3e-3))
    for _ in training.play(300):
        pass
    made = training.ensemble.each(model.translate, x=x)[0]
    assert (made + x).square().mean() < 0.5 * (2 * x).square().mean()


def test_its_role_and_what_is_refused():
    assert issubclass(pix2pix.Model, roles.Translator)
    assert not issubclass(pix2pix.Model, roles.TwoWay)
    for wrong, told in (
        ({"patch_depth": 2}, "above 10 pixels: \\(8, 8\\)"),
        ({"depth": 4}, "4 halvings need sides"),
    ):
        _, problems = checked(pix2pix.Model, SIZE | wrong, "arguments")
        assert len(problems) == 1
        with pytest.raises(ValueError, match=told):
            pix2pix.Model(**SIZE | wrong)
