"""A discriminator of several images together, each as a channel of one image.

Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial networks"
(2018), section 4.2: all layers but the first are those of a single image's discriminator.
"""

from torch import nn

from pipeline.networks import deconvolutional
from pipeline.networks.batch_norm import Normalised


def packed(images: int, shape: tuple[int, ...], channels: int, depth: int) -> Normalised:
    """(B, images H W) -> (B, 1), logits.

    shape, channels, depth: of deconvolutional.discriminator.
    """
    found = deconvolutional.discriminator(shape, channels, depth)
    found.layers[0] = nn.Unflatten(1, (images, *shape))
    found.layers[1] = nn.Conv2d(images, channels, 4, stride=2, padding=1)
    return found
