"""Games of the zoo coincide where their equations do, and their terms are right."""

from importlib import import_module

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import (
    fourier_gan,
    gan,
    lsgan,
    r1_gan,
    relativistic_gan,
    roles,
    sn_gan,
    wgan,
    wgan_gp,
)
from pipeline.study.validation import checked

SIZE = {"features": 3, "latent": 2, "width": 8}
ZOO = {
    module.__name__.rpartition(".")[2]: module.Model
    for module in (lsgan, wgan, wgan_gp, sn_gan, r1_gan, relativistic_gan, fourier_gan)
}
OBJECTIVES = {  # of the discriminator and of the generator
    lsgan.Model: ("least_squares", "least_squares"),
    wgan.Model: ("wasserstein", "wasserstein"),
    wgan_gp.Model: ("wasserstein", "wasserstein"),
    sn_gan.Model: ("hinge", "hinge"),
    r1_gan.Model: ("minimax", "non_saturating"),
    relativistic_gan.Model: ("relativistic", "relativistic"),
    fourier_gan.Model: ("relativistic", "relativistic"),
}
EVERY = pytest.mark.parametrize("Model", ZOO.values(), ids=ZOO)
PENALISED = pytest.mark.parametrize(
    "name", ["wgan_gp", "r1_gan", "relativistic_gan", "fourier_gan"]
)


def begin(model, seeds=(0, 1), batch=16):
    x = torch.rand(50, 3, generator=torch.manual_seed(0)) * 2 - 1
    return Training(Ensemble(model, seeds), {"x": x}, batch, optimizer("sgd", lr=0.1))


def tensors(begun):
    """{network.tensor: a copy, (R, ...)}"""
    state = begun.ensemble.state.items()
    return {f"{n}.{k}": t.clone() for n, own in state for k, t in own.items()}


def judged(model):
    """What the discriminator says of an example: log-odds or a score."""
    return model.scores if isinstance(model, roles.Critic) else model.logits


def one(model, B=5):
    """The networks of one replica, a batch, and the noise of the discriminator."""
    ensemble = Ensemble(model, [3])
    noise = ensemble.noise(model.pair()[0].noise, (B,), "test")
    state = {n: {k: t[0] for k, t in own.items()} for n, own in ensemble.state.items()}
    x = {"x": torch.randn(B, 3, generator=torch.manual_seed(0))}
    return Nets(ensemble.modules, state), x, {name: t[0] for name, t in noise.items()}


@EVERY
def test_a_round(Model, double):
    """A player moves all of its own network and no buffer of another's, a replica ends at the
    same weights alone and in company, and a term is named after its objective."""
    model = Model(**SIZE)
    together, alone = begin(model, [10, 11]), begin(model, [11])
    for player in model.players():
        before = tensors(together)
        beside, itself = together.chunks[0], alone.chunks[0]
        terms = [*beside.step(player, *beside.inputs(player, 0, 0), 0)]
        itself.step(player, *itself.inputs(player, 0, 0), 0)
        after, ended = tensors(together), tensors(alone)
        for name, tensor in after.items():
            moved = (tensor != before[name]).flatten(1).any(1)
            own = name.split(".")[0] in player.moves
            assert (moved == own).all(), f"{player.name}: {name}"
            torch.testing.assert_close(tensor[1], ended[name][0], rtol=1e-12, atol=1e-12)
        assert terms[0] == OBJECTIVES[Model][player.name == "generator"]
        assert terms[1:] in ([], ["gradient_penalty"])


@EVERY
def test_what_a_game_does_not_have_is_refused(Model):
    """Only R1 leaves the choice of the generator's loss."""
    given = SIZE | {"generator_objective": "minimax"}
    if Model is r1_gan.Model:
        assert [*Model(**given).generator_loss(*one(Model(**given)))] == ["minimax"]
    else:
        _, (problem,) = checked(Model, given, "arguments")
        assert problem.startswith("arguments.generator_objective: no such field")


@EVERY
def test_the_size_of_a_batch_does_not_matter(Model, double):
    """Each example twice: every term keeps its mean. A penalty on the norm of the whole batch,
    and a term that was divided by its size once more or once less, would not."""
    model = Model(**SIZE)
    for loss in (model.discriminator_loss, model.generator_loss):
        (net, *once), (same, *_) = one(model), one(model)
        known = loss(net, *once)
        twice = [{name: torch.cat([t, t]) for name, t in part.items()} for part in once]
        for name, term in loss(same, *twice).items():
            torch.testing.assert_close(term.mean(), known[name].mean(), rtol=1e-12, atol=1e-14)


@EVERY
def test_to_sample_or_to_judge_changes_nothing(Model):
    ensemble = begin(Model(**SIZE)).ensemble
    before = {n: {k: t.clone() for k, t in own.items()} for n, own in ensemble.state.items()}
    x = ensemble.sample(6, "test")
    scores = ensemble.each(judged(ensemble.model), x)
    assert scores.shape == (2, 6)
    assert torch.equal(ensemble.each(judged(ensemble.model), x), scores)
    for network, own in ensemble.state.items():
        assert all(torch.equal(tensor, before[network][name]) for name, tensor in own.items())


CONSTANTS = {  # other than the defaults
    "lsgan": {"a": -1.0, "b": 2.0, "c": 0.5},
    "sn_gan": {"lipschitz": 3.0},
}


@pytest.mark.parametrize("name", ZOO)
def test_each_loss_is_the_oracles_of_what_both_samples_score(name, double):
    """With the targets and the constant that the model was given; K f is what both players see."""
    given = CONSTANTS.get(name, {})
    model = ZOO[name](**SIZE, **given)
    net, batch, noise = one(model)
    scores, made = judged(model), model.sample(net, noise)
    real, fake = (scores(net, x).numpy(force=True) for x in (batch["x"], made))
    bare = net.discriminator(made)[:, 0].numpy(force=True)
    assert_allclose(fake, given.get("lipschitz", 1.0) * bare, rtol=1e-12)
    of_d, of_g = (import_module(f"reference.objectives.{o}") for o in OBJECTIVES[ZOO[name]])
    targets = [given[key] for key in ("a", "b") if key in given]
    known = of_d.discriminator_loss(real, fake, *targets)
    term = model.discriminator_loss(net, batch, noise)[OBJECTIVES[ZOO[name]][0]]
    assert_allclose(term.numpy(force=True), known, rtol=1e-12)
    net, batch, noise = one(model)
    pairs = [real, fake] if of_g.__name__.endswith("relativistic") else [fake]
    targets = [given["c"]] if "c" in given else []
    (term,) = model.generator_loss(net, batch, noise).values()
    known = of_g.generator_loss(*pairs, *targets)
    assert_allclose(term.numpy(force=True), known, rtol=1e-12)


def played(model, rounds=2):
    begun = begin(model)
    for _ in begun.play(rounds):
        pass
    return tensors(begun)


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        (r1_gan.Model(**SIZE, gamma=0.0), gan.Model(**SIZE)),
        (wgan_gp.Model(**SIZE, penalty=0.0), wgan.Model(**SIZE, clip=1e9)),
    ],
    ids=["r1", "wgan_gp"],
)
def test_without_its_penalty_a_game_is_the_plain_one(model, plain, double):
    known = played(plain)
    for name, tensor in played(model).items():
        torch.testing.assert_close(tensor, known[name], rtol=1e-12, atol=1e-13)


def test_a_clipped_critic_stays_in_its_box():
    """From the first step on, and the generator does not."""
    after = played(wgan.Model(**SIZE, clip=0.02), rounds=1)
    critic, generator = (
        torch.cat([t.flatten() for name, t in after.items() if name.startswith(network)])
        for network in ("discriminator", "generator")
    )
    assert critic.abs().max() == torch.tensor(0.02)
    assert generator.abs().max() > 0.1


def paid(name, net, batch, noise):
    """A model's penalty from its definition, in NumPy: gradients by central differences."""
    model, h = ZOO[name](**SIZE), 1e-5
    x, made = batch["x"], model.sample(net, noise)

    def squares(points):
        ways = h * torch.eye(3)
        f = judged(model)
        rise = [f(net, points + way) - f(net, points - way) for way in ways]
        return (np.stack([r.numpy() for r in rise]) ** 2).sum(0) / (2 * h) ** 2

    if name == "wgan_gp":
        e = noise["epsilon"]
        assert e.shape == (len(x),)
        between = torch.stack([e[i] * x[i] + (1 - e[i]) * made[i] for i in range(len(x))])
        return 10 * (np.sqrt(squares(between)) - 1) ** 2
    return 5 * squares(x) + (0 if name == "r1_gan" else 5 * squares(made))


@PENALISED
@torch.no_grad()
def test_the_penalty_from_its_definition(name, double):
    """A mean of it over the batch is added to a mean of the critic's terms: lambda or gamma, 10,
    is the exchange. A critic of LeakyReLU is linear around a point: differences are exact but
    for rounding, 1e-16 / 1e-5. One of waves is off by (w h)^2 / 6 of each wave's gradient, 1e-9 of
    the shortest's, w = 8, which a gradient that is their sum may be a hundredth of."""
    net, batch, noise = one(ZOO[name](**SIZE))
    term = ZOO[name](**SIZE).discriminator_loss(net, batch, noise)["gradient_penalty"]
    rtol = 1e-7 if name == "fourier_gan" else 1e-9
    assert_allclose(term, paid(name, net, batch, noise), rtol=rtol)


@PENALISED
def test_the_gradient_of_the_penalty_in_every_weight(name, double):
    """By central differences, as the engine takes it: under vmap, gradients within gradients."""
    model = ZOO[name](**SIZE)
    net, batch, noise = one(model)
    state = net.state["discriminator"]

    def penalty(state):
        looked = net.replace(discriminator=state)
        return model.discriminator_loss(looked, batch, noise)["gradient_penalty"].mean()

    two = {key: torch.stack([t, 2 * t]) for key, t in state.items()}
    gradients = vmap(grad(penalty))(two)
    for r, key in [(r, key) for r in (0, 1) for key in state]:
        at = {k: t[r] for k, t in two.items()}
        for i in range(state[key].numel()):
            way = torch.zeros(state[key].numel())
            way[i] = 1e-6
            up, down = (at | {key: at[key] + s * way.view_as(at[key])} for s in (1, -1))
            known = (penalty(up) - penalty(down)) / 2e-6
            assert_allclose(gradients[key][r].flatten()[i], known, rtol=1e-6, atol=1e-7)


def test_a_spectral_discriminator_stretches_nothing_after_training():
    """|f(x) - f(y)| <= |x - y|, to the few per cent by which a weight outruns its iteration."""
    model = sn_gan.Model(**SIZE)
    begun = begin(model)
    for _ in begun.play(100):
        pass
    x = torch.randn(2, 500, 3, generator=torch.manual_seed(1))
    y = x + 1e-2 * torch.randn(x.shape, generator=torch.manual_seed(2))
    rise = begun.ensemble.each(model.scores, x) - begun.ensemble.each(model.scores, y)
    assert (rise.abs() / (x - y).norm(dim=-1)).max() < 1.05
