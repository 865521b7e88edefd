"""Networks that grow by a stage: each doubles the sides of an image, or halves them.

    generator       h_0 = z -> (H, W) / 2^n,    h_j = h_j-1 at twice the sides -> conv 3 x 3
                    image of stage j: tanh(conv 1 x 1 of h_j)
    discriminator   image of stage j -> conv 1 x 1,    then conv 3 x 3 -> half the sides, down to 0

Karras, Aila, Laine & Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and
Variation" (2018), figures 1 and 2: nearest neighbours upwards, means of 2 by 2 pixels downwards.
Departures: c channels at all stages, and neither pixel norm, minibatch deviation nor equalised
learning rates.
"""

import torch
from torch import Tensor, nn


class Maker(nn.Module):
    """Stage j of a generator: features of stage j - 1, or z, to features and an image.

    Keeps `shown`, the share of this stage in what is sampled: 0 until it is trained.
    """

    shown: Tensor

    def __init__(self, inputs: int, channels: int, shape: tuple[int, int], first: bool):
        """inputs: of z, where first. channels: c. shape: of the stage's image."""
        super().__init__()
        self.first = first
        start: list[nn.Module] = [nn.Upsample(scale_factor=2)]
        if first:
            start = [
                nn.Linear(inputs, channels * shape[0] * shape[1]),
                nn.Unflatten(1, (channels, *shape)),
                nn.LeakyReLU(0.2),
            ]
        self.body = nn.Sequential(
            *start, nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(0.2)
        )
        self.to_image = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Tanh(), nn.Flatten())
        self.register_buffer("shown", torch.tensor(float(first)))

    def forward(self, h: Tensor, share: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Features, the image (B, H W), and `shown`. share: its new value, if any."""
        if share is not None:
            self.shown.copy_(share)
        features = self.body(h)
        return features, self.to_image(features), self.shown


class Judge(nn.Module):
    """Stage j of a discriminator: an image of the stage to features, these to those of j - 1."""

    def __init__(self, channels: int, shape: tuple[int, int], first: bool):
        """channels: c. shape: of the stage's image. first: whether a score comes next."""
        super().__init__()
        self.from_image = nn.Sequential(
            nn.Unflatten(1, (1, *shape)), nn.Conv2d(1, channels, 1), nn.LeakyReLU(0.2)
        )
        end: list[nn.Module] = [nn.AvgPool2d(2)]
        if first:
            end = [nn.Flatten(), nn.Linear(channels * shape[0] * shape[1], 1)]
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(0.2), *end
        )

    def forward(self, given: Tensor, image: bool) -> Tensor:
        """Features of an image, (B, c, H, W), or what the body makes of features."""
        made: Tensor = self.from_image(given) if image else self.body(given)
        return made


def halved(x: Tensor, shape: tuple[int, int]) -> Tensor:
    """Means of 2 by 2 pixels: (B, H W) -> (B, H W / 4). shape: H and W."""
    return x.view(-1, shape[0] // 2, 2, shape[1] // 2, 2).mean((2, 4)).flatten(1)


def doubled(x: Tensor, shape: tuple[int, int]) -> Tensor:
    """Each pixel as 2 by 2: (B, H W) -> (B, 4 H W). shape: H and W."""
    wide = x.view(-1, shape[0], 1, shape[1], 1).expand(-1, -1, 2, -1, 2)
    return wide.reshape(len(x), -1)
