"""The rules for large images change the cost of a traced function, not its values."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.func import grad, vmap
from torch.nn.functional import batch_norm, conv2d, conv_transpose2d

from pipeline.engine.graph import images
from pipeline.engine.graph.nodes import aten
from pipeline.engine.graph.trace import trace

SMALL = st.integers(1, 3)


@pytest.fixture(autouse=True, scope="module")
def every_image_is_large():
    before, images.LARGE = images.LARGE, 1
    yield
    images.LARGE = before


def operations(traced):
    return {node.target for node in traced.graph.nodes if node.op == "call_function"}


def tensors(*shapes):
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(1, *shape, generator=rng, dtype=torch.float64) for shape in shapes]


def gradients(f):
    """Of a loss of f in each argument of one replica, its value beside them."""

    def loss(*given):
        y = f(*given)
        weights = torch.linspace(-1, 2, y.numel(), dtype=y.dtype).view(y.shape)
        return (y.tanh() * weights).sum(), y

    def both(*given):
        found = vmap(grad(loss, argnums=tuple(range(len(given))), has_aux=True))(*given)
        return [*found[0], found[1]]

    return both


def same(f, *given):
    """The traced gradients and values of f, after they were found equal to the plain ones.

    In float64 sums of at most a thousand products round by some 1e-13 of their terms.
    """
    traced = trace(gradients(f), *given)
    for found, known in zip(traced(*given), gradients(f)(*given), strict=True):
        torch.testing.assert_close(found, known, rtol=1e-11, atol=1e-12)
    return operations(traced)


@settings(deadline=None, max_examples=15)
@given(SMALL, st.integers(2, 3), SMALL, SMALL, st.integers(3, 5), st.integers(3, 6), SMALL, SMALL)
def test_a_convolution_to_one_channel_is_a_product(b, c, k, n, height, width, up, left):
    """Kernels of any height and width, padded by less or more than they reach."""
    x, w, bias = tensors((b, c, height, width), (1, c, k, n), (1,))
    padding = (up - 1, left - 1)
    for own in ((x, w), (x, w, bias)):
        found = same(lambda x, w, *c: conv2d(x, w, *c, padding=padding), *own)
        assert not found & {aten.convolution.default, aten.convolution_backward.default}


@pytest.mark.parametrize("how", [{"stride": 2}, {"dilation": 2}, {"padding": (3, 0)}])
@pytest.mark.parametrize("outputs", [1, 2])
def test_other_convolutions_keep_their_values(how, outputs):
    x, w = tensors((2, 2, 6, 7), (outputs, 2, 3, 3))
    found = same(lambda x, w: conv2d(x, w, **how), x, w)
    assert (aten.convolution.default in found) == (outputs == 2 or "padding" not in how)


def test_a_convolution_with_a_bias_of_its_own_keeps_its_values():
    """Among replicas the bias is added after it."""
    own = [t[0] for t in tensors((2, 2, 6, 7), (1, 2, 3, 3), (1,))]
    gradient = grad(lambda *own: conv2d(*own).tanh().sum(), argnums=(0, 1, 2))
    for f in (conv2d, gradient):
        torch.testing.assert_close(trace(f, *own)(*own), f(*own), rtol=1e-12, atol=1e-12)


def test_a_transposed_convolution_keeps_its_values():
    x, w = tensors((2, 1, 6, 7), (1, 2, 3, 3))
    assert aten.convolution.default in same(conv_transpose2d, x, w)


def test_a_convolution_from_one_channel_is_left_alone():
    x, w = tensors((2, 1, 6, 7), (1, 1, 3, 3))
    assert aten.convolution.default in same(conv2d, x, w)


@settings(deadline=None, max_examples=15)
@given(st.integers(2, 4), SMALL, st.integers(2, 4), SMALL)
def test_batch_norm_takes_its_moments_image_by_image(b, c, height, width):
    x, scale, bias = tensors((b, c, height, width), (c,), (c,))

    def normed(x, scale, bias):
        return batch_norm(x, None, None, scale, bias, training=True, eps=0.1)

    found = same(normed, x, scale, bias)
    assert not found & {
        aten.native_batch_norm.default,
        aten.native_batch_norm_backward.default,
    }


def test_batch_norm_by_kept_moments_keeps_its_values():
    """Whose gradient in x knows no means."""
    x, scale, bias = tensors((3, 2, 4, 4), (2,), (2,))

    def normed(x, scale, bias):
        mean, variance = x.new_full((2,), 0.3), x.new_full((2,), 2.0)
        return batch_norm(x, mean, variance, scale, bias, training=False)

    same(normed, x, scale, bias)


def test_batch_norm_of_points_keeps_its_values():
    x, scale, bias = tensors((5, 3), (3,), (3,))
    same(lambda x, w, b: batch_norm(x, None, None, w, b, training=True), x, scale, bias)


@pytest.mark.parametrize("axes", [(1, 3, 4), (2, 3, 4), (4, 2, 3), (3, 4), (0, 1, 2), (1, 2, 3)])
@pytest.mark.parametrize("keep", [False, True])
def test_sums_over_images_and_places_keep_their_values(axes, keep):
    (x,) = tensors((3, 2, 4, 5))
    traced = trace(lambda x: x.sum(axes, keep), x)
    torch.testing.assert_close(traced(x), x.sum(axes, keep), rtol=1e-13, atol=1e-13)
    sums = [node for node in traced.graph.nodes if node.target is aten.sum.dim_IntList]
    assert len(sums) == (2 if {3, 4} < set(axes) and not keep else 1)


def test_small_images_are_left_alone(monkeypatch):
    monkeypatch.setattr(images, "LARGE", 2**20)
    x, w = tensors((2, 2, 6, 7), (1, 2, 3, 3))
    assert aten.convolution.default in same(conv2d, x, w)


@pytest.mark.slow
def test_compiled_large_images_keep_their_values():
    x, w, scale, bias = tensors((3, 2, 5, 5), (1, 2, 3, 3), (2,), (2,))

    def judged(x, w, scale, bias):
        x = batch_norm(x, None, None, scale, bias, training=True)
        return conv2d(torch.nn.functional.leaky_relu(x, 0.2), w, padding=1)

    f, given = gradients(judged), (x, w, scale, bias)
    for found, known in zip(trace(f, *given, compiled=True)(*given), f(*given), strict=True):
        torch.testing.assert_close(found, known, rtol=1e-11, atol=1e-12)
