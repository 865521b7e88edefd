"""Batch normalisation, by the moments of a batch or by stored ones.

    y = g (x - m) / sqrt(v + eps) + b

with m and v the mean and the variance of a channel over examples and positions; v divides by n,
not n - 1: Ioffe & Szegedy, "Batch Normalization" (2015), algorithm 1. So normalised, an example
depends on its batch. Where it must not, m and v are stored moments, computed once from a large
batch. There are no running averages, which lag behind the weights, and so no momentum.
"""

import torch
from torch import Tensor, nn


class BatchNorm(nn.Module):
    """(B, channels, ...) -> the same shape."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, eps: float = 1e-5):
        """eps: added to the variance, so that a constant channel is not divided by 0."""
        super().__init__()
        self.eps = eps
        self.scale, self.shift = (nn.Parameter(f(channels)) for f in (torch.ones, torch.zeros))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        """x, normalised by the given moments of its channels, each of shape (channels,)."""
        factor = self.scale * (variance + self.eps).rsqrt()
        place = (-1, *[1] * (x.dim() - 2))
        return x * factor.view(place) + (self.shift - mean * factor).view(place)


class Normalised(nn.Module):
    """A sequence of layers, some of which are BatchNorm."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, kept: bool = False) -> tuple[Tensor, dict[str, Tensor]]:
        """The output for x, and the moments that were used, {buffer's name: value}.

        kept: whether to use the moments in the buffers; else the batch's own are used, and the
        buffers are left as they are.
        """
        moments: dict[str, Tensor] = {}
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, BatchNorm):
                x = layer(x)
                continue
            mean, variance = layer.mean, layer.variance
            if not kept:
                variance, mean = torch.var_mean(x, [0, *range(2, x.dim())], correction=0)
            x = layer(x, mean, variance)
            moments |= {f"layers.{i}.mean": mean, f"layers.{i}.variance": variance}
        return x, moments
