"""Networks of a pyramid of images: each scale refines what the coarser one has made.

    generator, scale n        y = u + tanh(psi(s z + u)),    u the coarser image at this size, or 0
    discriminator, scale n    image -> (H - 2 L) (W - 2 L) scores, one for each patch
    L convolutions of 3 by 3 pixels in both: a patch has the side 2 L + 1

Shaham, Dekel & Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (2019),
equations 2 and 3 and figure 4. Both are convolutions alone, so that an image may have any size.
Sizes change by linear interpolation, downwards with triangles as wide as a new pixel.
Departures: no batch normalisation, and zeros around the image of each layer, not of the first.
"""

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]  # height and width


def sides(shape: Shape, scales: int, ratio: float) -> list[Shape]:
    """Height and width of each scale, the coarsest first: (H, W) r^(N - 1), ..., (H, W) r, (H, W).

    shape: H and W. scales: N. ratio: r, of a scale to the next finer one.
    """
    powers = reversed(range(scales))
    return [tuple(max(1, round(side * ratio**n)) for side in shape) for n in powers]


def resizing(size: int, to: int, like: Tensor) -> Tensor:
    """The weights of linear interpolation from `size` pixels in a row to others, (to, size).

    like: a tensor whose type and device they have. Each row sums to 1.
    """

    def places(n: int) -> Tensor:
        return torch.arange(n, dtype=like.dtype, device=like.device)

    centres = (places(to) + 0.5) * (size / to)
    apart = (centres[:, None] - places(size) - 0.5).abs()
    weights = (1 - apart / max(size / to, 1.0)).clamp(min=0)
    return weights / weights.sum(1, keepdim=True)


def resized(x: Tensor, shape: Shape, to: Shape) -> Tensor:
    """Images of another size, (B, H W) -> (B, H' W'). shape: H and W. to: H' and W'."""
    if shape == to:
        return x
    rows, columns = (resizing(old, new, x) for old, new in zip(shape, to, strict=True))
    return (rows @ x.view(-1, *shape) @ columns.T).flatten(1)


def _layers(channels: int, layers: int, padding: int) -> nn.Sequential:
    found: list[nn.Module] = []
    for i in range(layers):
        inputs, outputs = 1 if i == 0 else channels, 1 if i == layers - 1 else channels
        found += [nn.Conv2d(inputs, outputs, 3, padding=padding), nn.LeakyReLU(0.2)]
    return nn.Sequential(*found[:-1])


class Refiner(nn.Module):
    """The generator of a scale. Keeps `amplitude`, s: what it was when the scale was trained."""

    amplitude: Tensor

    def __init__(self, channels: int, layers: int):
        """channels: between the layers. layers: L, 2 or more."""
        super().__init__()
        self.body = _layers(channels, layers, padding=1)
        self.register_buffer("amplitude", torch.tensor(1.0))

    def forward(
        self, z: Tensor, coarser: Tensor, shape: Shape, amplitude: Tensor | None = None
    ) -> Tensor:
        """y, (B, H W). z: noise, (B, H W). coarser: u, (B, H W). shape: H and W.

        amplitude: a new s, (), which is kept. None: what has been kept.
        """
        if amplitude is not None:
            self.amplitude.copy_(amplitude)
        given = (self.amplitude * z + coarser).view(-1, 1, *shape)
        made: Tensor = coarser + self.body(given).tanh().flatten(1)
        return made


class PatchCritic(nn.Module):
    """The discriminator of a scale: (B, H W) -> (B, P)."""

    def __init__(self, channels: int, layers: int):
        """As above."""
        super().__init__()
        self.body = _layers(channels, layers, padding=0)

    def forward(self, x: Tensor, shape: Shape) -> Tensor:
        scores: Tensor = self.body(x.view(-1, 1, *shape)).flatten(1)
        return scores


class FixedNoise(nn.Module):
    """Noise that is drawn once: () -> (1, size). A parameter of a network that no player moves."""

    def __init__(self, size: int):
        super().__init__()
        self.noise = nn.Parameter(torch.randn(1, size))

    def forward(self) -> Tensor:
        return self.noise
