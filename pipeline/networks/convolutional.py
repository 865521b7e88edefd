"""Convolutional networks between small images and vectors.

    encoder    (H, W) -> (H/2, W/2) -> (H/4, W/4) -> m,    c and 2 c channels
    decoder    m -> (H/4, W/4) -> (H/2, W/2) -> (H, W),    the same in reverse

Convolutions of stride 2 in place of pooling, and transposed ones in the decoder: Radford,
Metz & Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks" (2016), section 3; without batch normalisation. LeakyReLU between layers.
"""

from torch import nn


def encoder(shape: tuple[int, ...], channels: int, outputs: int, gradient: float = 0.2):
    """(B, H W) -> (B, outputs).

    shape: H and W, multiples of 4. channels: c, after the first convolution.
    gradient: of LeakyReLU below 0.
    """
    height, width = _quarter(shape)
    return nn.Sequential(
        nn.Unflatten(1, (1, *shape)),
        nn.Conv2d(1, channels, 4, stride=2, padding=1),
        nn.LeakyReLU(gradient),
        nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1),
        nn.LeakyReLU(gradient),
        nn.Flatten(),
        nn.Linear(2 * channels * height * width, outputs),
    )


def decoder(inputs: int, channels: int, shape: tuple[int, ...], gradient: float = 0.2):
    """(B, inputs) -> (B, H W).

    shape, channels, gradient: as above.
    """
    height, width = _quarter(shape)
    return nn.Sequential(
        nn.Linear(inputs, 2 * channels * height * width),
        nn.LeakyReLU(gradient),
        nn.Unflatten(1, (2 * channels, height, width)),
        nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1),
        nn.LeakyReLU(gradient),
        nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1),
        nn.Flatten(),
    )


def _quarter(shape):
    if len(shape) != 2 or any(side % 4 for side in shape):
        raise ValueError(f"convolutions here need images whose sides are multiples of 4: {shape}")
    return shape[0] // 4, shape[1] // 4
