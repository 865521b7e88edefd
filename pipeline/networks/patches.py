"""A discriminator that judges patches of an image, smaller than it.

    (images, H, W) -> (H, W) / 2 -> ... -> (H, W) / 2^n -> P = H W / 4^n logits

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), section 3.2.2. n convolutions of 4 by 4 pixels and stride 2, then two of 1 by 1: a logit
sees a patch of side

    r_n = 2 r_n-1 + 2,    r_0 = 1:    4, 10, 22, 46

The paper's has a side of 70 of 256 pixels. Departure: no normalisation.
"""

from itertools import pairwise

from torch import Tensor, nn


def side(halvings: int) -> int:
    """The side of the patch that a logit sees, in pixels: 3 2^n - 2."""
    return 3 * 2**halvings - 2


def trunk(
    shape: tuple[int, ...], channels: int, halvings: int, images: int = 1
) -> list[nn.Module]:
    """Layers from (B, images H W) to (B, c 2^(n-1), H / 2^n, W / 2^n).

    shape: H and W, multiples of 2^n and larger than the patch. channels: c, after the first layer.
    halvings: n. images: of which the input consists; each is a channel.
    """
    if len(shape) != 2 or any(s % 2**halvings or s <= side(halvings) for s in shape):
        told = f"multiples of {2**halvings} and above {side(halvings)} pixels"
        raise ValueError(
            f"patches after {halvings} halvings need images with sides {told}: {shape}"
        )
    layers: list[nn.Module] = [nn.Unflatten(1, (images, *shape))]
    widths = [images, *(channels * 2**i for i in range(halvings))]
    for inputs, outputs in pairwise(widths):
        layers += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    return layers


def discriminator(
    shape: tuple[int, ...], channels: int, halvings: int, images: int = 1
) -> nn.Sequential:
    """(B, images H W) -> (B, P), a logit of each patch. Arguments: as above."""
    width = channels * 2 ** (halvings - 1)
    return nn.Sequential(
        *trunk(shape, channels, halvings, images),
        nn.Conv2d(width, width, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 1, 1),
        nn.Flatten(),
    )


class Named(nn.Module):
    """A discriminator of patches that also names the domain of the whole image.

    (B, H W) -> scores of the patches, (B, P), and logits of the domains, (B, domains)

    Choi et al., "StarGAN" (2018), section 3.1: both stand on one trunk.
    """

    def __init__(self, shape: tuple[int, ...], channels: int, halvings: int, domains: int):
        super().__init__()
        width, cells = channels * 2 ** (halvings - 1), shape[0] * shape[1] // 4**halvings
        self.trunk = nn.Sequential(*trunk(shape, channels, halvings))
        self.scores = nn.Sequential(
            nn.Conv2d(width, width, 1), nn.LeakyReLU(0.2), nn.Conv2d(width, 1, 1), nn.Flatten()
        )
        self.domain = nn.Sequential(nn.Flatten(), nn.Linear(width * cells, domains))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.trunk(x)
        return self.scores(h), self.domain(h)
