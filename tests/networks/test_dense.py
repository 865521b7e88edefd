"""Fully connected networks are their formulas, layer by layer."""

import numpy as np
import pytest
import torch

from pipeline.networks.dense import Joint, dense
from pipeline.networks.mlp import mlp
from pipeline.networks.table import Table


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def arrays(module):
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def hidden(kind, p, place, x):
    """One hidden layer in NumPy. place: where its parameters are, "0." say."""
    if kind == "gated":
        value = x @ p[f"{place}value.weight"].T + p[f"{place}value.bias"]
        return value * sigmoid(x @ p[f"{place}gate.weight"].T + p[f"{place}gate.bias"])
    a = x @ p[f"{place}weight"].T + p[f"{place}bias"]
    return np.tanh(a) if kind == "tanh" else np.where(a > 0, a, 0.2 * a)


@pytest.mark.parametrize("kind", ["mlp", "tanh", "gated"])
def test_a_dense_network(kind, double):
    x = torch.randn(7, 3)
    network = dense(kind, 3, 5, 4, 2)
    p, h = arrays(network), x.numpy()
    places = ["0.", "1.", "2."] if kind == "gated" else ["0.", "2.", "4."]
    for place in places[:2]:
        h = hidden(kind, p, place, h)
    known = h @ p[f"{places[2]}weight"].T + p[f"{places[2]}bias"]
    np.testing.assert_allclose(network(x).detach(), known, rtol=1e-12, atol=1e-14)


def test_without_hidden_layers_it_is_linear():
    assert [type(m).__name__ for m in dense("gated", 3, 2)] == ["Linear"]


def test_the_kind_mlp_is_the_mlp():
    """The same modules of the same names, started by the same numbers."""
    torch.manual_seed(0)
    ours = dense("mlp", 3, 5, 4, 2).state_dict()
    torch.manual_seed(0)
    known = mlp(3, 5, 4, 2).state_dict()
    assert ours.keys() == known.keys()
    assert all((ours[name] == known[name]).all() for name in known)


@pytest.mark.parametrize("kind", ["mlp", "tanh", "gated"])
def test_a_joint_network(kind, double):
    a, b = torch.randn(7, 3), torch.randn(7, 2)
    network = Joint(kind, (3, 2), 5, 4, 1)
    p = arrays(network)
    h = [hidden(kind, p, "first.0.", a.numpy()), hidden(kind, p, "second.0.", b.numpy())]
    h = hidden(kind, p, "trunk.0.", np.concatenate(h, axis=1))
    last = "trunk.1." if kind == "gated" else "trunk.2."
    known = h @ p[f"{last}weight"].T + p[f"{last}bias"]
    np.testing.assert_allclose(network(a, b).detach(), known, rtol=1e-12, atol=1e-14)


def test_rows_of_a_table_are_images_and_differ():
    rows = Table(4, 6)()
    assert rows.shape == (4, 6)
    assert (rows > 0).all()
    assert (rows < 1).all()
    assert len({tuple(row.tolist()) for row in rows}) == 4
