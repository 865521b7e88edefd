"""Spectral normalisation is the oracle's power iteration, and no layer expands a distance."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import nn
from torch.func import grad

from pipeline.networks.mlp import mlp
from pipeline.networks.spectral import Spectral, normalised
from reference.nn.layers import power_iteration


def matrix(m, n, seed=0):
    return torch.randn(m, n, dtype=torch.float64, generator=torch.manual_seed(seed))


def normal_weights(network):
    """What forward divides each weight to."""
    layers = [(i, layer) for i, layer in enumerate(network.layers) if hasattr(layer, "weight")]
    return [normalised(layer.weight, network.get_buffer(f"u{i}"))[0] for i, layer in layers]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_one_round_of_the_iteration(m, n, seed):
    W, u = matrix(m, n, seed), matrix(m, 1, seed + 100)[:, 0]
    sigma, known = power_iteration(W.numpy(), u.numpy(), 1)
    weight, after = normalised(W, u)
    assert_allclose(weight, W / sigma, rtol=1e-10)
    assert_allclose(after, known, rtol=1e-10, atol=1e-12)
    # Below: u' W v of unit vectors is never more than the largest singular value.
    assert np.linalg.norm(weight, 2) >= 1 - 1e-14


def test_the_largest_singular_value_tends_to_one():
    """The estimate's relative error falls by (s_2 / s_1)^4 a round."""
    W, u = torch.diag(torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64)), torch.ones(3).double()
    errors = []
    for _ in range(6):
        weight, u = normalised(W, u)
        errors.append(np.linalg.norm(weight, 2) - 1)
    assert errors[0] > 1e-3
    assert_allclose(np.array(errors[2:5]) / errors[1:4], 1 / 16, rtol=0.02)
    assert errors[5] < 1e-6


def test_its_gradient_takes_the_vectors_as_constants():
    """Of <A, W / s>: (A - <A, W / s> u v') / s. Miyato et al., equation 9."""
    W, A, start = matrix(3, 4), matrix(3, 4, 1), matrix(3, 1, 2)[:, 0]
    gradient = grad(lambda W: (A * normalised(W, start)[0]).sum())(W)
    v = W.T @ start / (W.T @ start).norm()
    u = W @ v / (W @ v).norm()
    s = u @ W @ v
    known = (A - (A * W).sum() / s * torch.outer(u, v)) / s
    assert_allclose(gradient, known, rtol=1e-12, atol=1e-14)


def test_a_call_that_keeps_nothing_changes_nothing():
    network, x = Spectral(mlp(3, 8, 8, 1)), torch.randn(5, 3)
    before = {name: t.clone() for name, t in network.state_dict().items()}
    assert torch.equal(network(x), network(x))
    assert all(torch.equal(t, before[name]) for name, t in network.state_dict().items())
    network(x, keep=True)
    changed = {
        name for name, t in network.state_dict().items() if not torch.equal(t, before[name])
    }
    assert changed == {"u0", "u2", "u4"}


def test_a_network_is_its_layers_with_normalised_weights(double):
    network, x = Spectral(mlp(3, 8, 1)), torch.randn(5, 3)
    first, last = normal_weights(network)
    hidden = nn.functional.leaky_relu(x @ first.T + network.layers[0].bias, 0.2)
    known = hidden @ last.T + network.layers[2].bias
    torch.testing.assert_close(network(x), known, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("layers", [mlp(4, 16, 16, 1), nn.Sequential(nn.Linear(4, 4, bias=False))])
def test_it_stretches_nothing(layers, double):
    """|f(x) - f(y)| <= |x - y| once the iteration has settled."""
    network = Spectral(layers.double())
    x, y = torch.randn(2, 200, 4, generator=torch.manual_seed(0))
    for _ in range(300):
        network(x, keep=True)
    for weight in normal_weights(network):
        assert_allclose(np.linalg.norm(weight.detach(), 2), 1, rtol=1e-6)
    moved = (network(x) - network(y)).norm(dim=1) / (x - y).norm(dim=1)
    assert moved.max() <= 1 + 1e-5


def test_a_convolution_is_taken_as_one_matrix(double):
    """Its kernels are the rows: outputs by all that is summed over."""
    network, x = Spectral(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1))), torch.randn(4, 2, 5, 5)
    (weight,) = normal_weights(network)
    sigma, _ = power_iteration(
        network.layers[0].weight.detach().flatten(1).numpy(), network.u0.numpy(), 1
    )
    torch.testing.assert_close(weight, network.layers[0].weight / sigma, rtol=1e-12, atol=0)
    known = nn.functional.conv2d(x, weight, network.layers[0].bias, padding=1)
    torch.testing.assert_close(network(x), known, rtol=1e-13, atol=1e-14)
