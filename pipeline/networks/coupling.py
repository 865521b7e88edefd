"""Invertible networks whose Jacobian determinant is cheap to compute.

    coupling     y = (x2 e^s + t, x1),  (s, t) = net(x1)             log det = sum s
    scaling      y = x e^s + t                                       log det = sum s
    histogram    y = F^-1( (c_k + p_k (b x - k)) ),  k = floor(b x)  log det = sum log b p_k / f(y)

Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017), equations 7 and 8,
with s = 2 tanh(a / 2), so that no scale is above e^2; Müller et al., "Neural importance
sampling" (2019), section 4.2, for the piecewise-linear cumulative distribution function, learned
per feature: b bins with masses p and cumulative sums c. F and f are the standard normal
distribution function and density.

Half of the features are transformed given the other half, then the halves swap roles. After both
have been transformed, the features are permuted, so that the next halves are others.
"""

import math

import torch
from torch import Tensor, nn

from pipeline.networks.mlp import mlp

EDGE = 2.0**-22  # u is kept this far from 0 and 1: near 1 float32 has no finer steps


class Coupling(nn.Module):
    """(B, features) -> (B, features) and the log determinant, (B,)."""

    def __init__(self, features: int, width: int, depth: int):
        super().__init__()
        self.net = mlp(features // 2, *(width,) * depth, features)
        with torch.no_grad():  # a start near the identity, not at it: every gradient is nonzero
            for parameter in self.net[-1].parameters():
                parameter.mul_(0.1)

    def forward(self, x: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        moved, kept = x.chunk(2, -1) if inverse else x.chunk(2, -1)[::-1]
        s, t = self.net(kept).chunk(2, -1)
        s = 2 * (s / 2).tanh()
        if inverse:
            return torch.cat([kept, (moved - t) * (-s).exp()], -1), -s.sum(-1)
        return torch.cat([moved * s.exp() + t, kept], -1), s.sum(-1)


class Scaling(nn.Module):
    """One scale and one shift per feature."""

    def __init__(self, features: int):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(features))
        self.shift = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        log_det = self.log_scale.sum().expand(len(x))
        if inverse:
            return (x - self.shift) * (-self.log_scale).exp(), -log_det
        return x * self.log_scale.exp() + self.shift, log_det


class Histogram(nn.Module):
    """Maps features in [0, 1) to normal ones, by one learned histogram per feature."""

    def __init__(self, features: int, bins: int):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(features, bins))

    def forward(self, x: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        bins = self.logits.shape[-1]
        log_share = self.logits.log_softmax(-1)
        share = log_share.exp()
        below = share.cumsum(-1) - share

        def of(table, k):
            return table.expand(*k.shape, bins).gather(-1, k[..., None])[..., 0]

        if inverse:
            z, u = x, torch.special.ndtr(x)
            k = (u[..., None] >= below[..., 1:]).sum(-1)
            x = (k + ((u - of(below, k)) / of(share, k)).clamp(0, 1)) / bins
        else:
            k = (bins * x).floor().clamp(0, bins - 1).long()
            u = of(below, k) + of(share, k) * (bins * x - k)
            z = torch.special.ndtri(u.clamp(EDGE, 1 - EDGE))
        log_density = -(z.square() + math.log(2 * math.pi)) / 2
        log_det = (of(log_share, k) + math.log(bins) - log_density).sum(-1)
        return (x, -log_det) if inverse else (z, log_det)


class Flow(nn.Module):
    """From data to noise, or back: (B, features) -> (B, features) and the log determinant, (B,).

    bins: of the histogram that is each feature's first layer; 0: a scaling. features is even.
    """

    def __init__(self, features: int, couplings: int, width: int, depth: int, bins: int = 0):
        super().__init__()
        if features % 2:
            raise ValueError(f"a coupling needs two equal halves: {features} features")
        self.first = Histogram(features, bins) if bins else Scaling(features)
        self.couplings = nn.ModuleList(Coupling(features, width, depth) for _ in range(couplings))

    def forward(self, x: Tensor, inverse: bool = False) -> tuple[Tensor, Tensor]:
        log_det = x.new_zeros(len(x))
        places = range(len(self.couplings))
        if not inverse:
            x, log_det = self.first(x)
        for i in reversed(places) if inverse else places:
            if not inverse and i % 2 == 0:
                x = x.unflatten(-1, (-1, 2)).mT.flatten(-2)  # even ones, then odd ones
            x, of_this = self.couplings[i](x, inverse)
            log_det = log_det + of_this
            if inverse and i % 2 == 0:
                x = x.unflatten(-1, (2, -1)).mT.flatten(-2)
        if inverse:
            x, of_this = self.first(x, inverse)
            log_det = log_det + of_this
        return x, log_det
