"""The oracle's network: its gradients are Torch's and those by finite differences."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.nn import functional as F

from reference.nn import convolution, layers, network, normalisation, optimizers, training
from tests.strategies import labelled_logits

SEEDS = st.integers(0, 2**32 - 1)
ROWS = arrays(float, (3, 4), elements=st.sampled_from([0.0, -0.0]) | st.floats(-30, 30))
TORCH = {
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def torch_gradients(f, *arrays):
    """f of tensors, and the gradients of the sum of f times fixed numbers."""
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    y = f(*tensors)
    weight = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).reshape(y.shape)
    return y.detach().numpy(), torch.autograd.grad((y * weight).sum(), tensors), weight.numpy()


@pytest.mark.parametrize("name", TORCH)
@given(x=ROWS)
def test_activations(name, x):
    """At zero too: both take the same side of a kink."""
    forward, backward = network.ELEMENTWISE[name]
    y, (gradient,), weight = torch_gradients(TORCH[name], x)
    assert_allclose(forward(x), y, rtol=1e-15, atol=1e-300)
    assert_allclose(backward(x, weight), gradient, rtol=1e-12, atol=1e-15)


@given(arrays(float, (3, 4), elements=st.integers(-2, 2).map(float)))
def test_maxout_gives_ties_to_the_first(x):
    y, (gradient,), weight = torch_gradients(lambda t: t.reshape(3, 2, 2).max(-1).values, x)
    assert_allclose(layers.maxout(x, 2), y)
    assert_allclose(layers.maxout_backward(x, weight, 2), gradient)


@given(SEEDS, st.integers(0, 3), st.sampled_from([None, "tanh", "sigmoid"]))
def test_a_chain(seed, hidden, last):
    rng = np.random.default_rng(seed)
    widths = [3, *rng.integers(1, 8, hidden), 2]
    chain = network.mlp_layers(len(widths) - 1, last)
    parameters, modules = {}, []
    for i, name in enumerate(chain):
        if name == "linear":
            size = widths[i // 2 + 1], widths[i // 2]
            parameters[f"{i}.weight"] = rng.standard_normal(size)
            parameters[f"{i}.bias"] = rng.standard_normal(size[0])
            modules.append(torch.nn.Linear(size[1], size[0], dtype=torch.float64))
        else:
            modules.append(
                {
                    "leaky_relu": torch.nn.LeakyReLU(0.2),
                    "tanh": torch.nn.Tanh(),
                    "sigmoid": torch.nn.Sigmoid(),
                }[name]
            )
    ours = torch.nn.Sequential(*modules)
    ours.load_state_dict({k: torch.from_numpy(v) for k, v in parameters.items()})
    x = rng.standard_normal((5, 3))
    place = torch.from_numpy(x).requires_grad_()
    y = ours(place)
    weight = rng.standard_normal(y.shape)
    (y * torch.from_numpy(weight)).sum().backward()
    value, tape = network.forward(chain, parameters, x)
    dx, gradients = network.backward(chain, parameters, tape, weight)
    assert_allclose(value, y.detach(), rtol=1e-12, atol=1e-14)
    assert_allclose(dx, place.grad, rtol=1e-11, atol=1e-13)
    for key, tensor in ours.named_parameters():
        assert_allclose(gradients[key], tensor.grad, rtol=1e-11, atol=1e-13)


@given(labelled_logits(30.0))
def test_softmax_and_cross_entropy(drawn):
    a, label = drawn
    x = torch.from_numpy(a).requires_grad_()
    F.cross_entropy(x, torch.from_numpy(label)).backward()
    assert_allclose(layers.softmax_ce_backward(a, label), x.grad, atol=1e-15)


@pytest.mark.parametrize("train", [True, False])
@given(seed=SEEDS)
def test_batch_normalisation(train, seed):
    """Biased variance in y, unbiased in the running one: Torch's convention."""
    rng = np.random.default_rng(seed)
    x = 3 + 2 * rng.standard_normal((6, 3))
    scale, shift, mean, var = *rng.standard_normal((3, 3)), rng.uniform(0.5, 2, 3)
    running = [torch.from_numpy(v.copy()) for v in (mean, var)]
    y, gradients, weight = torch_gradients(
        lambda x, w, b: F.batch_norm(x, *running, w, b, training=train), x, scale, shift
    )
    ours, new_mean, new_var = normalisation.batchnorm(x, scale, shift, mean, var, train)
    assert_allclose(ours, y, rtol=1e-11, atol=1e-12)
    assert_allclose(new_mean, running[0], rtol=1e-13)
    assert_allclose(new_var, running[1], rtol=1e-13)
    if train:
        found = normalisation.batchnorm_backward(x, scale, weight)
        for known, own in zip(gradients, found, strict=True):
            assert_allclose(own, known, rtol=1e-9, atol=1e-11)


def test_one_example_has_no_variance():
    one = np.ones(2)
    with pytest.raises(ValueError, match="at least 2 rows"):
        normalisation.batchnorm([[1.0, 2.0]], one, one, one, one, True)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@given(seed=SEEDS)
def test_convolutions(stride, padding, seed):
    rng = np.random.default_rng(seed)
    x, w, b = (rng.standard_normal(s) for s in ((2, 3, 6, 5), (4, 3, 3, 2), (4,)))
    y, gradients, weight = torch_gradients(
        lambda x, w, b: F.conv2d(x, w, b, stride, padding), x, w, b
    )
    assert_allclose(convolution.conv2d(x, w, b, stride, padding), y, rtol=1e-11, atol=1e-12)
    own = convolution.conv2d_backward(x, w, weight, stride, padding)
    for known, ours in zip(gradients, own, strict=True):
        assert_allclose(ours, known, rtol=1e-11, atol=1e-12)
    z, c = rng.standard_normal(y.shape), rng.standard_normal(3)
    back, _, _ = torch_gradients(
        lambda z: F.conv_transpose2d(z, torch.from_numpy(w), torch.from_numpy(c), stride, padding),
        z,
    )
    ours = convolution.conv_transpose2d(z, w, c, stride, padding)
    assert_allclose(ours, back, rtol=1e-11, atol=1e-12)


@given(SEEDS, st.integers(1, 3), st.integers(0, 2), st.integers(1, 4), st.integers(1, 4))
def test_the_transpose_is_the_adjoint(seed, stride, padding, kernel, cells):
    """<conv x, z> = <x, conv' z> at every stride, padding and kernel of images that fit."""
    rng = np.random.default_rng(seed)
    side = stride * (cells - 1) + kernel - 2 * padding
    if side < 1:
        return
    x, w = rng.standard_normal((1, 2, side, side)), rng.standard_normal((3, 2, kernel, kernel))
    y = convolution.conv2d(x, w, None, stride, padding)
    assert y.shape == (1, 3, cells, cells)
    z = rng.standard_normal(y.shape)
    back = convolution.conv_transpose2d(z, w, None, stride, padding)
    assert back.shape == x.shape
    assert_allclose((y * z).sum(), (x * back).sum(), rtol=1e-9, atol=1e-12)


def test_upsampling_and_masks():
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    known = F.interpolate(torch.from_numpy(x), scale_factor=3, mode="nearest")
    assert_allclose(convolution.upsample_nearest(x, 3), known)
    mask = np.array([1.0, 0.0, 1.0, 1.0])
    assert_allclose(layers.dropout(np.ones(4), mask, 0.25), mask / 0.75)
    assert layers.embedding([1, 1], [[1.0], [2.0]]).tolist() == [[2.0], [2.0]]


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 6), st.integers(1, 6))
def test_power_iteration_never_overestimates(seed, rows, columns):
    """From any start and for any matrix the estimate rises to the largest singular value and does
    not pass it: divided by it, a layer's gradient is 1 or more, above 1 after one step of most
    matrices, and 1 in the limit."""
    rng = np.random.default_rng(seed)
    W, u = rng.standard_normal((rows, columns)), rng.standard_normal(rows)
    exact = np.linalg.norm(W, 2)
    estimates = [layers.power_iteration(W, u, n)[0] for n in (1, 2, 3, 120)]
    gradients = [np.linalg.norm(W / e, 2) for e in estimates]
    assert all(g >= 1 - 1e-14 for g in gradients)
    assert all(a <= b * (1 + 1e-14) for a, b in pairwise(estimates))
    values = np.linalg.svd(W, compute_uv=False)
    if len(values) > 1 and values[1] < 0.9 * exact:
        assert_allclose(estimates[-1], exact, rtol=1e-9)
        assert gradients[0] > 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sgd", {"lr": 0.1}),
        ("sgd", {"lr": 0.1, "momentum": 0.9}),
        ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        ("adam", {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}),
    ],
)
def test_optimizers(name, arguments):
    """Thirty steps on a quadratic, one of whose gradients is 0 at first."""
    target = np.array([1.0, -2.0, 0.5])
    start = np.array([0.0, 1.0, 0.5])
    x = torch.tensor(start, requires_grad=True)
    theirs = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name]([x], **arguments)
    ours, state = start, None
    for _ in range(30):
        theirs.zero_grad()
        ((x - torch.from_numpy(target)) ** 2).sum().backward()
        theirs.step()
        ours, state = optimizers.STEPS[name](ours, 2 * (ours - target), state, **arguments)
        assert_allclose(ours, x.detach(), rtol=1e-12, atol=1e-15)


def small_game(seed):
    rng = np.random.default_rng(seed)
    chains = {"generator": network.mlp_layers(2), "discriminator": network.mlp_layers(2)}
    sizes = {"generator": (2, 4, 2), "discriminator": (2, 4, 1)}
    parameters = {
        name: {
            f"{2 * i}.{part}": rng.standard_normal((b, a) if part == "weight" else b)
            for i, (a, b) in enumerate(pairwise(s))
            for part in ("weight", "bias")
        }
        for name, s in sizes.items()
    }
    return chains, parameters, rng


def moved(parameters, name, key, index, h):
    array = parameters[name][key].copy()
    array[index] += h
    return {**parameters, name: {**parameters[name], key: array}}


@given(SEEDS)
def test_gradients_of_both_players_by_central_differences(seed):
    chains, parameters, rng = small_game(seed)
    x, z = rng.standard_normal((2, 5, 2))
    h = 1e-6
    for name, loss in (
        ("discriminator", lambda p: training.discriminator_gradients(chains, p, x, z)),
        ("generator", lambda p: training.generator_gradients(chains, p, z)),
    ):
        _, gradients = loss(parameters)
        for key, gradient in gradients.items():
            index = tuple(int(rng.integers(n)) for n in gradient.shape)
            up, down = (loss(moved(parameters, name, key, index, s))[0] for s in (h, -h))
            assert_allclose(gradient[index], (up - down) / (2 * h), rtol=1e-4, atol=1e-6)


@given(SEEDS)
def test_a_small_step_of_each_player_lowers_its_own_loss(seed):
    """To first order by lr |gradient|^2 the discriminator's step raises V, the generator's not."""
    chains, parameters, rng = small_game(seed)
    x, z = rng.standard_normal((2, 5, 2))
    lr = 1e-7
    for name, loss in (
        ("discriminator", lambda p: training.discriminator_gradients(chains, p, x, z)),
        ("generator", lambda p: training.generator_gradients(chains, p, z, "minimax")),
    ):
        before, gradients = loss(parameters)
        square = sum((s**2).sum() for s in gradients.values())
        better, _ = optimizers.descend(parameters[name], gradients, {}, "sgd", {"lr": lr})
        after, _ = loss({**parameters, name: better})
        assert_allclose(before - after, lr * square, rtol=1e-2, atol=1e-13)


@given(arrays(float, (5, 2), elements=st.floats(-10, 10)), st.integers(1, 5))
def test_minibatches_are_unbiased(gradients, batch):
    assert_allclose(training.grad_enumerate(gradients, batch), gradients.mean(0), atol=1e-13)
