"""Maxout layers with given dropout masks are the oracle's, layer by layer."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.networks.maxout import Maxout
from reference.nn import layers as oracle

KEPT = (0.8, 0.5, 0.5)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 3))
UNIFORM = [RNG.random((7, n)) for n in (3, 5, 4)]


def known(network, x, uniform):
    for i, layer in enumerate(network.layers):
        if uniform:
            x = oracle.dropout(x, (uniform[i] < KEPT[i]).astype(int), 1 - KEPT[i])
        x = oracle.linear(x, layer.weight.detach().numpy(), layer.bias.detach().numpy())
        if i < 2:
            x = oracle.maxout(x, 2)
    return x


@pytest.mark.parametrize("uniform", [[], UNIFORM], ids=["whole", "dropped"])
def test_a_maxout_network(uniform, double):
    network = Maxout(3, 5, 4, 1, pieces=2, kept=KEPT)
    assert [tuple(layer.weight.shape) for layer in network.layers] == [(10, 3), (8, 5), (1, 4)]
    found = network(torch.from_numpy(X), *map(torch.from_numpy, uniform))
    assert found.shape == (7, 1)
    assert_allclose(found.detach(), known(network, X, uniform), rtol=1e-12, atol=1e-14)


def test_the_share_that_is_kept():
    """Where u < p, and 1/p as large: on average the input."""
    network = Maxout(1, 1, pieces=2, kept=(0.8,))
    torch.nn.init.ones_(network.layers[0].weight)
    torch.nn.init.zeros_(network.layers[0].bias)
    u = (torch.arange(1000)[:, None] + 0.5) / 1000
    kept = network(torch.ones(1000, 1), u)[:, 0]
    assert torch.equal(kept > 0, torch.arange(1000) < 800)
    assert kept.mean().item() == pytest.approx(1, rel=1e-6)


def test_a_linear_piece_is_a_line():
    """With one piece a network is linear; with two it is convex if they are added up."""
    x, y = torch.randn(100, 3), torch.randn(100, 3)
    for pieces in (1, 2):
        network = Maxout(3, 5, 1, pieces=pieces, kept=(1.0, 1.0))
        network.layers[1].weight.data.abs_()
        between = network((x + y) / 2)
        above = (network(x) + network(y)) / 2 - between
        assert above.min() > -1e-5
        assert (above.max() < 1e-5) == (pieces == 1)
