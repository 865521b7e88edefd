"""The objective is neither minimised nor maximised: it has a saddle point."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.func import grad

from pipeline.engine.ensemble import Nets
from pipeline.metrics.value import value as value_of
from pipeline.models import gan
from reference.theory.value_function import criterion_C, value_function_density
from tests.strategies import logits, positive_simplex


def game(seed=0):
    """Of a minimax GAN: its weights by network, and V and each player's loss as functions of
    one network's weights."""
    model = gan.Model(features=2, latent=2, width=4, depth=1, generator_objective="minimax")
    torch.manual_seed(seed)
    networks = model.networks()
    state = {n: dict(network.named_parameters()) for n, network in networks.items()}
    batch, noise = {"x": torch.randn(16, 2)}, {"z": torch.randn(16, 2)}
    losses = {player.name: player.loss for player in model.players()}

    def value(network, weights):
        net = Nets(networks, {**state, network: weights})
        return value_of(model.logits(net, batch["x"]), model.logits(net, model.sample(net, noise)))

    def loss(player, network, weights):
        terms = losses[player](Nets(networks, {**state, network: weights}), batch, noise)
        return terms["minimax"].mean()

    return state, value, loss


@given(positive_simplex(size=4), positive_simplex(size=4), logits(bound=30.0), st.floats(0, 500))
def test_the_solution_is_a_saddle_and_there_is_no_least_value(p, q, a, t):
    """V(p, D) <= -log 4 <= max_D V(q, D): highest in D, lowest in p_g. Minimised by both, V has
    no end: a discriminator that calls everything generated, with a logit of -t, has V <= -t."""
    a = np.resize(a, 4)
    assert value_function_density(p, p, a) <= -np.log(4) + 4e-15
    assert criterion_C(p, q) >= -np.log(4) - 4e-15
    assert value_function_density(p, p, np.zeros(4)) == pytest.approx(-np.log(4), abs=4e-15)
    assert value_function_density(p, q, np.full(4, -t)) <= -t * (1 - 1e-14)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@pytest.mark.parametrize("seed", range(3))
def test_one_player_raises_the_value_and_the_other_lowers_it(double, seed, player):
    """A small step h of each down its own loss changes V, to first order, by +h |gradient|^2 where
    the discriminator makes it and by -h |gradient|^2 where the generator does."""
    state, value, loss = game(seed)
    gradient = grad(lambda weights: loss(player, player, weights))(state[player])
    rise = grad(lambda weights: value(player, weights))(state[player])
    change = -sum((rise[key] * s).sum() for key, s in gradient.items()).item()
    square = sum((s**2).sum() for s in gradient.values()).item()
    assert square > 1e-6
    assert_allclose(change, square if player == "discriminator" else -square, rtol=1e-12)


def test_the_term_of_the_data_has_no_gradient_for_the_generator(double):
    """E log D(x) holds no weight of the generator: with the term or without, its gradient is the
    same to the last bit. The discriminator's is not."""
    state, value, loss = game()
    for network, same in (("generator", True), ("discriminator", False)):
        weights = state[network]
        whole = grad(lambda w, network=network: value(network, w))(weights)
        short = grad(lambda w, network=network: loss("generator", network, w))(weights)
        assert all(torch.equal(whole[key], short[key]) == same for key in weights)
