"""Unrolling: where it leads, how it enters the generator's gradient; no weight is moved."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import grad

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan, unrolled_gan
from reference.nn import training as oracle
from reference.nn.network import mlp_layers
from reference.theory.games import unrolled_quadratic

SIZE = {"features": 2, "latent": 3, "width": 6}
CHAINS = {"generator": mlp_layers(3), "discriminator": mlp_layers(3)}


def played(model, rounds=4):
    x = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    training = Training(Ensemble(model, [3, 4]), {"x": x}, 8, optimizer("adam", lr=0.05))
    reports = list(training.play(rounds))
    return training.ensemble.weights, reports


@pytest.fixture
def place(double):
    """The networks of one replica, a batch and noise."""
    ensemble = Ensemble(unrolled_gan.Model(**SIZE), [5])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    rng = torch.Generator().manual_seed(1)
    x, z = torch.randn(8, 2, generator=rng), torch.randn(8, 3, generator=rng)
    return Nets(ensemble.modules, state), {"x": x}, {"z": z}


def gradient(model, place):
    """Of the generator's loss in each of its parameters."""
    net, batch, noise = place

    def loss(weights):
        terms = model.generator_loss(net.replace(generator=weights), batch, noise)
        return sum(term.mean() for term in terms.values())

    return loss, grad(loss)(net.state["generator"])


@pytest.mark.parametrize("objective", ["non_saturating", "minimax"])
def test_no_step_ahead_is_the_gan(objective):
    """Bit for bit, over rounds of an ensemble."""
    arguments = SIZE | {"generator_objective": objective, "k": 2}
    ours, told = played(unrolled_gan.Model(**arguments, unrolled=0))
    known, known_told = played(gan.Model(**arguments))
    assert all(torch.equal(ours[name], known[name]) for name in known)
    assert str(told) == str(known_told)


def test_the_discriminator_moves_by_its_own_player_alone():
    """In the first round, before the generators differ, as in the GAN; a step is one a round."""
    ours, told = played(unrolled_gan.Model(**SIZE, unrolled=1), rounds=1)
    known, known_told = played(gan.Model(**SIZE), rounds=1)
    assert torch.equal(ours["discriminator"], known["discriminator"])
    assert torch.equal(
        told[0]["discriminator"]["minimax"], known_told[0]["discriminator"]["minimax"]
    )
    assert not torch.equal(ours["generator"], known["generator"])


@pytest.mark.parametrize("steps", [1, 4])
def test_it_looks_where_gradient_descent_would_be(place, steps):
    """The oracle's steps, its gradients written out by hand, on the same batch each time."""
    net, batch, noise = place
    model = unrolled_gan.Model(**SIZE, unrolled=steps, inner_rate=0.3)
    state = {n: {k: t.numpy() for k, t in s.items()} for n, s in net.state.items()}
    for _ in range(steps):
        _, gradients = oracle.discriminator_gradients(
            CHAINS, state, batch["x"].numpy(), noise["z"].numpy()
        )
        moved = {key: w - 0.3 * gradients[key] for key, w in state["discriminator"].items()}
        state["discriminator"] = moved
    later = model.later(*place)
    assert later.state["generator"] is net.state["generator"]
    for key, known in state["discriminator"].items():
        ours = later.state["discriminator"][key]
        torch.testing.assert_close(ours, torch.from_numpy(known), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("steps", [1, 3])
def test_the_gradient_goes_through_the_steps(place, steps):
    """By central differences along its own direction; it is not the gradient at D_K held still.

    With a step h the difference is off by h^2 f''' / 6 and by 1e-16 / h: 1e-9 at h = 1e-5 where
    f''' is below 60. A kink of LeakyReLU within h would be seen as an error of order h.
    """
    model = unrolled_gan.Model(**SIZE, unrolled=steps, inner_rate=0.5)
    loss, gradients = gradient(model, place)
    at, length = (
        place[0].state["generator"],
        sum(s.square().sum() for s in gradients.values()).sqrt(),
    )

    def along(h):
        return loss({name: at[name] + h * gradients[name] / length for name in at})

    difference = (along(1e-5) - along(-1e-5)) / 2e-5
    torch.testing.assert_close(difference, length, rtol=1e-6, atol=1e-9)

    later = model.later(*place)
    _, held = gradient(gan.Model(**SIZE), (later, *place[1:]))
    apart = sum((held[n] - gradients[n]).square().sum() for n in at).sqrt()
    assert apart > 1e-3 * length


class Quadratic(unrolled_gan.Model):
    """V = x y - c y^2 / 2, which y ascends and x descends; c is the batch."""

    def discriminator_loss(self, net, batch, noise):
        return {"value": -self.value(net, batch)}

    def generator_loss(self, net, batch, noise):
        return {"value": self.value(self.later(net, batch, noise), batch)}

    def value(self, net, batch):
        y = net.state["discriminator"]["y"]
        return net.state["generator"]["x"] * y - batch["x"] * y.square() / 2


NUMBER = st.floats(-2, 2)


@given(NUMBER, NUMBER, st.floats(0.1, 2), st.floats(0.01, 0.9), st.integers(0, 8))
def test_the_quadratic_game(x, y, c, rate, steps):
    """Where y is after K steps, and the gradient of V in x through all of them, in closed form."""
    model = Quadratic(**SIZE, unrolled=steps, inner_rate=rate)
    x, y, c = (torch.tensor(number, dtype=torch.float64) for number in (x, y, c))
    place = Nets({}, {"generator": {"x": x}, "discriminator": {"y": y}}), {"x": c}, {}
    known_y, known_gradient = unrolled_quadratic(x, y, c, rate, steps)
    later = model.later(*place).state["discriminator"]["y"]
    _, gradients = gradient(model, place)
    torch.testing.assert_close(later.item(), float(known_y), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(
        gradients["x"].item(), float(known_gradient), rtol=1e-12, atol=1e-13
    )
