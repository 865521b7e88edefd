"""A convolutional classifier of small images, and a network of images and a time.

    classifier    (H, W) -> (H, W) / 2 -> (H, W) / 4 -> hidden -> K           c, 2 c, 4 c
    TimedUNet     (H, W) -> (H, W) / 2 -> (H, W) / 4 -> (H, W) / 2 -> (H, W)  c, 2 c, 4 c, 2 c, c

with the channels on the right.
Convolutions of 3 by 3 pixels at a size, of 4 by 4 and stride 2 from one size to the next. The
U-Net has residual blocks, and the sum of both ways where it comes back to a size: Ronneberger,
Fischer & Brox, "U-Net" (2015); Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models"
(2020), appendix B, with a time that is added to the channels of each block. Departure: neither
attention nor normalisation, which images this small do without.
"""

import math

import torch
from torch import Tensor, nn

WAVES = 16


def _quarters(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2 or any(side % 4 for side in shape):
        raise ValueError(f"two halvings need sides that are multiples of 4: {shape}")
    return shape[0] // 4, shape[1] // 4


def classifier(shape: tuple[int, ...], channels: int, hidden: int, classes: int) -> nn.Sequential:
    """(B, H W) -> (B, K), logits. shape: H and W, multiples of 4. channels: c."""
    height, width = _quarters(shape)
    c = channels
    return nn.Sequential(
        nn.Unflatten(1, (1, *shape)),
        nn.Conv2d(1, c, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(c, 2 * c, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(2 * c, 4 * c, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * c * height * width, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )


class Residual(nn.Module):
    """h + conv(silu(conv(silu(h)) + a(t))), shape (B, c, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.time = nn.Linear(2 * WAVES, channels)

    def forward(self, h: Tensor, waves: Tensor) -> Tensor:
        inner = self.first(nn.functional.silu(h)) + self.time(waves)[..., None, None]
        out: Tensor = h + self.second(nn.functional.silu(inner))
        return out


class TimedUNet(nn.Module):
    """(B, H W), (B,) -> (B, H W). A time in [0, 1]."""

    def __init__(self, shape: tuple[int, ...], channels: int):
        """shape: H and W, multiples of 4. channels: c."""
        super().__init__()
        _quarters(shape)
        c = channels
        self.unflatten = nn.Unflatten(1, (1, *shape))
        self.enter = nn.Conv2d(1, c, 3, padding=1)
        self.to_half, self.to_quarter = (
            nn.Conv2d(n, 2 * n, 4, stride=2, padding=1) for n in (c, 2 * c)
        )
        self.down, self.middle, self.up = Residual(2 * c), Residual(4 * c), Residual(2 * c)
        self.from_quarter, self.from_half = (
            nn.ConvTranspose2d(2 * n, n, 4, stride=2, padding=1) for n in (2 * c, c)
        )
        self.leave = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        power = torch.linspace(1, 0, WAVES, dtype=x.dtype, device=x.device)
        angle = time[:, None].to(x.dtype) * (power * math.log(1000)).exp()
        waves = torch.cat([angle.sin(), angle.cos()], -1)
        fine = self.enter(self.unflatten(x))
        half = self.down(self.to_half(fine), waves)
        coarse = self.middle(self.to_quarter(half), waves)
        half = self.up(half + self.from_quarter(coarse), waves)
        out: Tensor = self.leave(nn.functional.silu(fine + self.from_half(half)))
        return out.flatten(1)
