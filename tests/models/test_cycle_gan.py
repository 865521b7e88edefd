"""CycleGAN and DiscoGAN: both cycles, each discriminator on its own domain, no pairs."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import cycle_gan, disco_gan, roles
from pipeline.networks.unet import UNet
from tests.models.test_composition import faults

SIZE = {"features": 64, "width": 2, "shape": (8, 8)}
CYCLE, DISCO = cycle_gan.Model(**SIZE), disco_gan.Model(**SIZE)
EVERY = pytest.mark.parametrize("model", [CYCLE, DISCO], ids=["cycle", "disco"])
RNG = torch.Generator().manual_seed(0)
X = torch.rand(6, 64, generator=RNG)  # above 0
Y = -torch.rand(6, 64, generator=RNG) - 0.1  # below 0
BATCH = {"a_x": X, "b_x": Y}


class Nets:
    """Maps that are given, and discriminators that say what they are told."""

    def __init__(self, to_b, to_a, judge_b=None, judge_a=None):
        def undecided(x):
            return torch.zeros(len(x), 1)

        self.to_b, self.to_a = to_b, to_a
        self.discriminator_b = judge_b or undecided
        self.discriminator_a = judge_a or undecided


def same(x):
    return x


def constant(value):
    return pytest.approx([value] * 6, rel=1e-5, abs=1e-5)


@EVERY
def test_both_cycles_are_closed(model):
    """|x| is the inverse of x on A, which is above 0, and of nothing on B: there alone the cycle
    costs, w |2 y| or w |2 y|^2 a pixel. With x + 1 and x - 1 neither costs anything, and with
    x + 1 twice each costs its w |2| or w |2|^2."""
    w, power = (10, 1) if model is CYCLE else (1, 2)
    terms = model.generator_loss(Nets(torch.abs, same), BATCH, {})
    assert terms["cycle_a"].tolist() == constant(0)
    known = w * ((2 * Y).abs() ** power).mean(-1)
    torch.testing.assert_close(terms["cycle_b"], known)
    other = model.generator_loss(Nets(same, lambda x: -x.abs()), BATCH, {})
    assert other["cycle_b"].tolist() == constant(0)
    torch.testing.assert_close(other["cycle_a"], w * ((2 * X).abs() ** power).mean(-1))
    there, back = (lambda x: x + 1), (lambda x: x - 1)
    for maps, cost in (((there, back), 0), ((there, there), w * 2**power)):
        terms = model.generator_loss(Nets(*maps), BATCH, {})
        assert terms["cycle_a"].tolist() == constant(cost)
        assert terms["cycle_b"].tolist() == constant(cost)


@EVERY
def test_each_discriminator_judges_its_own_domain(model):
    """D_B sees y as real and G(x) as generated, D_A sees x and F(y): one that knows them pays
    nothing, and the maps pay for what each says of its own."""
    there, back = (lambda x: x + 10), (lambda y: y - 10)
    sure = 1.0 if model is CYCLE else 40.0

    def knows(real, fake):
        def judge(x):
            if torch.equal(x, real):
                return torch.full((len(x), 1), sure)
            assert torch.equal(x, fake)
            return torch.full((len(x), 1), 0.0 if model is CYCLE else -sure)

        return judge

    net = Nets(there, back, knows(Y, X + 10), knows(X, Y - 10))
    for term in model.discriminator_loss(net, BATCH, {}).values():
        assert term.tolist() == constant(0)
    fooled = {
        n: t.tolist()
        for n, t in model.generator_loss(net, BATCH, {}).items()
        if not n.startswith(("cycle", "identity"))
    }
    assert len(fooled) == 2
    assert all(t == constant(0.5 if model is CYCLE else 40.0) for t in fooled.values())


def test_undecided_discriminators():
    """At 1/2 of least squares all terms are 1/4 and 1/8; at 0 of log-odds, log 4 and log 2."""
    for model, says, of_d, of_g in (
        (CYCLE, 0.5, 0.25, 0.125),
        (DISCO, 0.0, math.log(4), math.log(2)),
    ):

        def judge(x, says=says):
            return torch.full((len(x), 1), says)

        net = Nets(same, same, judge, judge)
        for term in model.discriminator_loss(net, BATCH, {}).values():
            assert term.tolist() == constant(of_d)
        terms = [*model.generator_loss(net, BATCH, {}).values()][:2]
        assert all(t.tolist() == constant(of_g) for t in terms)


def test_a_patch_of_sixteen_counts_a_sixteenth():
    def judge(x):
        return torch.tensor([1.0] * 15 + [9.0]).expand(len(x), 16)

    terms = CYCLE.generator_loss(Nets(same, same, judge, judge), BATCH, {})
    assert terms["least_squares_b"].tolist() == constant(8**2 / 2 / 16)


def test_the_identity_term():
    """v w |F(x) - x| on A and v w |G(y) - y| on B; none unless it is asked for."""
    net = Nets(lambda x: x + 1, lambda x: x - 2)
    without = CYCLE.generator_loss(net, BATCH, {})
    assert all(without[f"identity_{domain}"].tolist() == constant(0) for domain in "ab")
    terms = cycle_gan.Model(**SIZE, identity_weight=0.5).generator_loss(net, BATCH, {})
    assert terms["identity_a"].tolist() == constant(10)
    assert terms["identity_b"].tolist() == constant(5)


@EVERY
def test_its_weight(model):
    heavy = type(model)(**SIZE, cycle_weight=3 * model.cycle_weight)
    net = Nets(torch.abs, same)
    ours, known = (m.generator_loss(net, BATCH, {})["cycle_b"] for m in (heavy, model))
    torch.testing.assert_close(ours, 3 * known)


@EVERY
def test_the_sides_are_drawn_apart(model):
    for player in model.players():
        assert dict(player.draws) == {"a": "a", "b": "b"}


@EVERY
def test_players_move_their_own_and_a_replica_is_itself(model, double):
    pools = {"a": {"x": X.double()}, "b": {"x": Y.double()}}

    def begin(seeds):
        ensemble, sgd = Ensemble(model, seeds), optimizer("adam", lr=1e-2)
        return Training(ensemble, {"x": X.double()}, 4, sgd, pools=pools)

    together, alone = begin([1, 2]), begin([2])
    for player in model.players():
        before = {n: w.clone() for n, w in together.ensemble.weights.items()}
        for training in (together, alone):
            chunk = training.chunks[0]
            chunk.step(player, *chunk.inputs(player, 0, 0), 0)
        for name, weights in together.ensemble.weights.items():
            moved = together.ensemble.named(name, weights != before[name])
            assert all(own.any() == (name in player.moves) for own in moved.values())
            known = alone.ensemble.weights[name][0]
            torch.testing.assert_close(weights[1], known, rtol=1e-9, atol=1e-9)


@EVERY
def test_roles_and_composition(model):
    assert issubclass(type(model), roles.TwoWay)
    assert not faults(type(model))
    net = Nets(lambda x: x + 1, lambda x: x - 3)
    assert torch.equal(model.translate(net, X), X + 1)
    assert torch.equal(model.translate_back(net, X), X - 3)


def test_only_disco_gan_has_a_narrow_middle():
    for model, skips in ((CYCLE, True), (DISCO, False)):
        maps = [n for n in model.networks().values() if isinstance(n, UNet)]
        assert [m.skips for m in maps] == [skips, skips]
