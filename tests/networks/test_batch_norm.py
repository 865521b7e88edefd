"""Batch norm is its equation: which moments, over which axes, and with which epsilon."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.networks.batch_norm import BatchNorm, Normalised
from reference.nn import normalisation as oracle

VALUES = st.integers(-3, 3).map(float) | st.floats(-10, 10)
ROWS = st.tuples(st.integers(2, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=VALUES)
)
EPS = st.sampled_from([1e-5, 0.1, 1.0])


def network(channels, eps):
    """One batch norm, none of whose numbers is the one that it starts with."""
    norm = BatchNorm(channels, eps)
    for i, tensor in enumerate([*norm.parameters(), *norm.buffers()]):
        tensor.data = torch.linspace(0.5, 1.5 + i, channels, dtype=torch.float64)
    return Normalised(norm), [t.detach().numpy() for t in (*norm.parameters(), *norm.buffers())]


@given(ROWS, EPS, st.booleans())
def test_value_and_moments(x, eps, kept):
    """Rows of the oracle's layer, in training and after. A deviation of 0 makes the error of
    1e-16 |x| in x - m large: 1 / sqrt(1e-5) = 316."""
    ours, numbers = network(x.shape[1], eps)
    y, moments = ours(torch.from_numpy(x), kept)
    known, *_ = oracle.batchnorm(x, *numbers, train=not kept, eps=eps)
    assert_allclose(y.detach(), known, rtol=1e-10, atol=1e-10)
    mean, variance = (numbers[2:]) if kept else (x.mean(0), x.var(0))
    assert (
        list(moments) == ["layers.0.mean", "layers.0.variance"] == list(dict(ours.named_buffers()))
    )
    assert_allclose(moments["layers.0.mean"], mean, rtol=1e-13, atol=1e-13)
    assert_allclose(moments["layers.0.variance"], variance, rtol=1e-12, atol=1e-13)


@given(ROWS)
def test_gradients_go_through_the_moments(x):
    ours, (scale, *_) = network(x.shape[1], 0.1)
    place = torch.from_numpy(x).requires_grad_()
    weight = torch.linspace(-1, 1, x.size, dtype=torch.float64).view(x.shape)
    found = torch.autograd.grad((ours(place)[0] * weight).sum(), [place, *ours.parameters()])
    for gradient, known in zip(
        found, oracle.batchnorm_backward(x, scale, weight.numpy(), 0.1), strict=True
    ):
        assert_allclose(gradient, known, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("kept", [False, True])
def test_a_channel_of_images_has_one_mean_over_its_places(kept, double):
    """As a row for each place of each image."""
    ours, _ = network(3, 1e-5)
    x = torch.randn(5, 3, 4, 2)
    rows = x.movedim(1, -1).reshape(-1, 3)
    known = ours(rows, kept)[0].view(5, 4, 2, 3).movedim(-1, 1)
    torch.testing.assert_close(ours(x, kept)[0], known, rtol=1e-12, atol=1e-12)


@given(ROWS, EPS)
def test_its_small_number_is_added_to_the_variance(x, eps):
    """The variance afterwards is v / (v + eps). Who takes the number for the weight of a running
    mean and writes Torch's BatchNorm1d(d, 0.1) has eps = .1, and of v = .01 a variance of 1/11."""
    ours = Normalised(BatchNorm(x.shape[1], eps).double())
    v = x.var(0)
    y = ours(torch.from_numpy(x))[0].detach().numpy()
    assert_allclose(y.var(0), v / (v + eps), rtol=1e-9, atol=1e-13)
    assert BatchNorm(1).eps == torch.nn.BatchNorm1d(1).eps == 1e-5
    wrong = torch.nn.BatchNorm1d(1, 0.1)(torch.tensor([[-0.1], [0.1]]))
    assert wrong.var(0, correction=0).item() == pytest.approx(1 / 11, rel=1e-5)


def test_moments_are_those_of_the_layer_and_go_on_as_they_are(double):
    """Two batch norms: the second's are of what the first made; no buffer is written to."""
    line = torch.nn.Linear(3, 2)
    both = Normalised(BatchNorm(3), line, torch.nn.Tanh(), BatchNorm(2))
    before = {name: t.clone() for name, t in both.named_buffers()}
    x = torch.randn(6, 3)
    _, moments = both(x)
    assert moments.keys() == before.keys()
    inside = line((x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()).tanh()
    torch.testing.assert_close(moments["layers.3.mean"], inside.mean(0))
    torch.testing.assert_close(moments["layers.3.variance"], inside.var(0, correction=0))
    assert all(torch.equal(t, before[name]) for name, t in both.named_buffers())


def test_what_was_kept_gives_back_the_batch(double):
    """With a batch's own moments as the kept ones, each of its examples is as it was in it."""
    network = Normalised(torch.nn.Linear(3, 4), BatchNorm(4), torch.nn.Tanh(), BatchNorm(4))
    x = torch.randn(6, 3)
    together, moments = network(x)
    for name, value in moments.items():
        network.get_buffer(name).copy_(value.detach())
    for row, known in zip(x, together, strict=True):
        torch.testing.assert_close(network(row[None], True)[0][0], known)
    assert (network(x[:3])[0] - together[:3]).abs().max() > 1e-3
