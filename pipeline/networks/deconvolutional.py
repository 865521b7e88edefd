"""The two networks of a convolutional GAN with batch normalisation.

    generator        z -> (H, W) / 2^n -> ... -> (H, W) / 2 -> (H, W)    2^(n-1) c, ... c, 1
    discriminator    (H, W) -> (H, W) / 2 -> ... -> (H, W) / 2^n -> 1    c, ... 2^(n-1) c

with the channels on the right. Radford, Metz & Chintala, "Unsupervised Representation Learning
with Deep Convolutional Generative Adversarial Networks" (2016), section 3: convolutions of stride
2 in place of pooling, transposed ones in the generator; batch norm everywhere but at the
generator's output and the discriminator's input; ReLU in the generator, LeakyReLU in the
discriminator; tanh at the end. Layers before batch norm have no bias, since it would cancel.
Departure: weights start as Torch's do, uniform within 1 / sqrt(inputs). The paper's standard
deviation of 0.02 suits convolutions with 4 x 4 x 128 inputs or more; it is too small for fewer.
"""

from itertools import pairwise

from torch import nn

from pipeline.networks.batch_norm import BatchNorm, Normalised


def generator(inputs: int, channels: int, shape: tuple[int, ...], depth: int) -> Normalised:
    """(B, inputs) -> (B, H W) in [-1, 1].

    channels: c, before the last convolution. shape: H and W, multiples of 2^depth.
    depth: n, the number of convolutions.
    """
    widths = [channels * 2**i for i in reversed(range(depth))]
    smallest = widths[0], *_smallest(shape, depth)
    layers: list[nn.Module] = [
        nn.Linear(inputs, smallest[0] * smallest[1] * smallest[2], bias=False),
        nn.Unflatten(1, smallest),
    ]
    for fine, finer in pairwise(widths):
        layers += [BatchNorm(fine), nn.ReLU()]
        layers += [_doubled(fine, finer, bias=False)]
    layers += [BatchNorm(channels), nn.ReLU(), _doubled(channels, 1, bias=True)]
    return Normalised(*layers, nn.Tanh(), nn.Flatten())


def discriminator(shape: tuple[int, ...], channels: int, depth: int) -> Normalised:
    """(B, H W) -> (B, 1), logits.

    shape, depth: as above. channels: c, after the first convolution.
    """
    widths = [channels * 2**i for i in range(depth)]
    height, width = _smallest(shape, depth)
    layers: list[nn.Module] = [
        nn.Unflatten(1, (1, *shape)),
        _halved(1, channels, bias=True),
        nn.LeakyReLU(0.2),
    ]
    for wide, wider in pairwise(widths):
        layers += [_halved(wide, wider, bias=False)]
        layers += [BatchNorm(wider), nn.LeakyReLU(0.2)]
    return Normalised(*layers, nn.Flatten(), nn.Linear(widths[-1] * height * width, 1))


def _doubled(channels, outputs, bias):
    return nn.ConvTranspose2d(channels, outputs, 4, stride=2, padding=1, bias=bias)


def _halved(channels, outputs, bias):
    return nn.Conv2d(channels, outputs, 4, stride=2, padding=1, bias=bias)


def _smallest(shape, depth):
    if len(shape) != 2 or any(side % 2**depth for side in shape):
        raise ValueError(f"{depth} halvings need sides that are multiples of {2**depth}: {shape}")
    return shape[0] // 2**depth, shape[1] // 2**depth
