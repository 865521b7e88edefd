"""Algorithm 1: the functions and signs of its gradients, and its cost."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, jvp

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan
from pipeline.objectives import minimax
from reference.theory.value_function import value_function_density, value_regret
from tests.strategies import positive_simplex

MODEL = {"features": 2, "latent": 2, "width": 4, "depth": 1}
STEP = 2.0  # for logits of a table: V bends by at most max (p + q) / 4 = 1 / 2


def game(objective="minimax", seed=0, **arguments):
    """A model, its weights by network and name, and a loss of one network's weights."""
    model = gan.Model(**MODEL, generator_objective=objective, **arguments)
    torch.manual_seed(seed)
    networks = model.networks()
    state = {n: dict(network.named_parameters()) for n, network in networks.items()}

    def loss(name, weights, x, z):
        (player,) = (p for p in model.players() if p.name == name)
        terms = player.loss(Nets(networks, {**state, name: weights}), {"x": x}, {"z": z})
        return sum(terms.values()).mean()

    return state, loss


def square(weights):
    return sum((w**2).sum() for w in weights.values()).item()


@pytest.mark.parametrize("name", ["discriminator", "generator"])
@pytest.mark.parametrize(("seed", "batch"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_the_gradient_of_a_batch_is_on_average_the_gradient_of_the_game(double, name, seed, batch):
    """Over all batches, of one to all of four examples and as many latents: the mean of their
    gradients is that of equation 1 itself, not of something close to it."""
    state, loss = game(seed=seed)
    rng = torch.Generator().manual_seed(1 + seed)
    x, z = torch.randn(4, 2, generator=rng), torch.randn(4, 2, generator=rng)

    def gradient(x, z):
        return grad(lambda weights: loss(name, weights, x, z))(state[name])

    batches = [list(chosen) for chosen in combinations(range(4), batch)]
    gradients = [gradient(x[i], z[j]) for i in batches for j in batches]
    for key, whole in gradient(x, z).items():
        mean = sum(s[key] for s in gradients) / len(gradients)
        torch.testing.assert_close(mean, whole, rtol=1e-12, atol=1e-15)
        assert batch == 4 or any((s[key] - whole).abs().max() > 1e-6 for s in gradients)


@given(
    positive_simplex(size=4), positive_simplex(size=4), arrays(float, 4, elements=st.floats(-4, 4))
)
def test_the_discriminator_ascends_to_its_best(p, q, start):
    """V is concave in the logits and bends by 1/2 at most, so that every step of size 2 up its
    gradient raises V, and T steps leave a regret below |start - best|^2 / (4 T)."""
    a, rows = torch.from_numpy(start.copy()), torch.from_numpy(np.stack([p, q]))

    def lowered(a):
        """The loss of the pipeline: on p the real half of each pair, on q the generated one."""
        never = torch.full_like(a, 500.0)  # costs nothing as a real example, to 1e-200
        real = minimax.discriminator_loss(a, -never)
        return (rows[0] * real + rows[1] * minimax.discriminator_loss(never, a)).sum()

    values = [value_function_density(p, q, start)]
    for _ in range(50):
        a = a - STEP * grad(lowered)(a)
        values.append(value_function_density(p, q, a.numpy()))
    assert (np.diff(values) >= -1e-15).all()
    assert_allclose(values[-1], -lowered(a).item(), rtol=1e-13)
    distance = ((start - np.log(p / q)) ** 2).sum()
    assert value_regret(p, q, a.numpy()) <= distance / (2 * STEP * 50) + 1e-15


def followed(p, path, k):
    """Regrets of a discriminator that makes k steps at each of these generated tables."""
    a, regrets = np.zeros(len(p)), []
    for q in path:
        for _ in range(k):
            a = a + STEP * (p / (1 + np.exp(a)) - q / (1 + np.exp(-a)))
        regrets.append(value_regret(p, q, a))
    return np.array(regrets)


@given(positive_simplex(size=4), positive_simplex(size=4), st.integers(1, 20))
def test_it_stays_nearer_to_its_best_with_more_steps_or_a_slower_generator(p, q, T):
    """p_g goes from p straight to q. Each logit then lags on one side of its best, and steps
    keep their order: five are never farther than one, nor is one against half the speed."""

    def path(moves):
        return [p + (q - p) * t / moves for t in range(1, moves + 1)]

    one, five = followed(p, path(T), 1), followed(p, path(T), 5)
    slow = followed(p, path(2 * T), 1)[1::2]
    assert (five <= one + 1e-15).all()
    assert (slow <= one + 1e-15).all()
    if np.abs(p - q).max() > 1e-2:
        assert five[-1] < one[-1]
        assert slow[-1] < one[-1]


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
@pytest.mark.parametrize("seed", range(3))
def test_samples_flow_to_where_the_discriminator_calls_them_data(double, objective, seed):
    """A step h down the generator's gradient g lowers its loss by h |g|^2, to first order, and so
    raises the mean of log D(G(z)) or lowers that of log(1 - D(G(z)))."""
    state, loss = game(objective, seed)
    z = torch.randn(32, 2, generator=torch.Generator().manual_seed(seed))
    weights = state["generator"]
    gradient = grad(lambda w: loss("generator", w, z, z))(weights)
    down = {key: -s for key, s in gradient.items()}
    _, change = jvp(lambda w: loss("generator", w, z, z), (weights,), (down,))
    assert_allclose(change.item(), -square(gradient), rtol=1e-12)
    moved = {key: w + 1e-4 * down[key] for key, w in weights.items()}
    before, after = (loss("generator", w, z, z).item() for w in (weights, moved))
    assert after < before
    assert_allclose((before - after) / 1e-4, square(gradient), rtol=1e-2)


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_the_generator_sees_no_data(objective):
    """Its steps against a given discriminator are the same to the last bit on other data; what
    it learns of them it learns through the discriminator."""
    ended = []
    for data in (torch.zeros(9, 2), torch.randn(9, 2)):
        model = gan.Model(**MODEL, generator_objective=objective, moves="generator")
        training = Training(Ensemble(model, [3, 4]), {"x": data}, 5, optimizer("sgd", lr=0.1))
        for _ in training.play(5):
            pass
        ended.append(training.ensemble.weights["generator"])
    assert torch.equal(*ended)
    assert not torch.equal(ended[0], Ensemble(model, [3, 4]).weights["generator"])


class Counted:
    """Networks of one replica that count the examples which they are given."""

    def __init__(self):
        self.given = {"generator": 0, "discriminator": 0}

    def generator(self, z):
        self.given["generator"] += len(z)
        return z

    def discriminator(self, x):
        self.given["discriminator"] += len(x)
        return x[:, :1]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_round_costs_k_steps_of_one_player_and_one_of_the_other(k):
    """The discriminator is asked of 2 k + 1 batches and the generator for k + 1, so that k = 1
    is the least expensive; and a sample is one call of the generator: no chain, no inference."""
    model = gan.Model(**MODEL, k=k)
    net, x = Counted(), torch.randn(7, 2)
    for player in model.players():
        for _ in range(player.steps):
            player.loss(net, {"x": x}, {"z": x})
    assert net.given == {"generator": 7 * (k + 1), "discriminator": 7 * (2 * k + 1)}
    net = Counted()
    model.sample(net, {"z": x})
    assert net.given == {"generator": 7, "discriminator": 0}
