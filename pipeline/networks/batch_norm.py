"""Batch normalisation, by the moments of a batch or by kept ones.

    y = g (x - m) / sqrt(v + eps) + b

with m and v the mean and the variance of a channel over examples and places, v a mean of
squares (not over n - 1): Ioffe & Szegedy, "Batch Normalization" (2015), algorithm 1. An example
so treated depends on its batch. Where it must not, m and v are kept ones, taken once of a large
batch in place of running averages, which lag behind the weights; nothing here has a momentum.
"""

import torch
from torch import Tensor, nn


class BatchNorm(nn.Module):
    """(B, channels, ...) -> the same shape."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, eps: float = 1e-5):
        """eps: added to the variance, so that a channel without one is not divided by 0."""
        super().__init__()
        self.eps = eps
        self.scale, self.shift = (nn.Parameter(f(channels)) for f in (torch.ones, torch.zeros))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        """x by the given moments of its channels, each of shape (channels,)."""
        factor = self.scale * (variance + self.eps).rsqrt()
        place = (-1, *[1] * (x.dim() - 2))
        return x * factor.view(place) + (self.shift - mean * factor).view(place)


class Normalised(nn.Module):
    """Layers one after another, some of which are BatchNorm."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, kept: bool = False) -> tuple[Tensor, dict[str, Tensor]]:
        """What the layers make of x, and the moments by which they do, by the buffer's name.

        kept: whether the moments are those of the buffers; else they are the batch's own, of
        which no buffer takes notice.
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
