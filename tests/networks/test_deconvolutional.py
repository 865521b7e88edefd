"""The networks of DCGAN: their layer sizes, where batch norm is, and which shapes are refused."""

import pytest
import torch

from pipeline.networks import deconvolutional
from pipeline.networks.batch_norm import BatchNorm

SHAPES = [((8, 8), 1), ((8, 8), 2), ((8, 16), 2), ((28, 28), 2), ((16, 16), 3)]


def sizes(network, x):
    """The shape of an example after each layer."""
    found = []
    for layer in network.layers:
        layer.register_forward_hook(lambda *call: found.append(tuple(call[2].shape[1:])))
    network(x)
    return found


@pytest.mark.parametrize(("shape", "depth"), SHAPES)
def test_sizes(shape, depth):
    """Each convolution doubles or halves both sides, and the channels the other way."""
    features = shape[0] * shape[1]
    generator = deconvolutional.generator(3, 4, shape, depth)
    judge = deconvolutional.discriminator(shape, 4, depth)
    up, down = sizes(generator, torch.randn(5, 3)), sizes(judge, torch.randn(5, features))
    sides = [tuple(side // 2**i for side in shape) for i in range(depth + 1)]
    channels = [1, *(4 * 2**i for i in range(depth))]
    steps = [(c, *s) for c, s in zip(channels, sides, strict=True)]
    assert list(dict.fromkeys(s for s in down if len(s) == 3)) == steps
    assert list(dict.fromkeys(s for s in up if len(s) == 3)) == steps[::-1]
    assert up[-1] == (features,)
    assert down[-1] == (1,)


@pytest.mark.parametrize(("shape", "depth"), SHAPES)
def test_batch_norm_but_at_the_ends(shape, depth):
    """Not of the generator's output and not of the discriminator's input; no bias below it."""
    for network, count in (
        (deconvolutional.generator(3, 4, shape, depth), depth),
        (deconvolutional.discriminator(shape, 4, depth), depth - 1),
    ):
        weighted = [m for m in network.layers if hasattr(m, "weight") or isinstance(m, BatchNorm)]
        norms = [i for i, m in enumerate(weighted) if isinstance(m, BatchNorm)]
        assert len(norms) == count
        assert all(weighted[i - 1].bias is None for i in norms)
        assert sum(m.bias is None for m in weighted if not isinstance(m, BatchNorm)) == count
        assert not isinstance(weighted[-1], BatchNorm)


@pytest.mark.parametrize("shape", [(8, 10), (64,), (3, 8, 8)])
def test_sides_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="2 halvings need sides that are multiples of 4"):
        deconvolutional.generator(3, 4, shape, 2)
    with pytest.raises(ValueError, match="2 halvings"):
        deconvolutional.discriminator(shape, 4, 2)


def test_images_reach_from_black_to_white():
    x = deconvolutional.generator(3, 4, (8, 8), 2)(1e4 * torch.randn(500, 3))[0]
    assert -1 <= x.min() < -0.3
    assert 0.3 < x.max() <= 1
