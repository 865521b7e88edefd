"""Batch normalisation whose gain and shift depend on what an image is to show.

    y = (1 + g(e)) (x - m) / sqrt(v + eps) + b(e),    g, b linear in e

Dumoulin, Shlens & Kudlur, "A Learned Representation for Artistic Style" (2017), section 2.2, with
a gain and a shift for each style; Brock, Donahue & Simonyan, "Large Scale GAN Training" (2019),
appendix B: linear maps of a class embedding, and the 1, so that a gain is near 1 at the start.
Without it all layers would begin by multiplying with numbers near 0. m and v are the moments of
the batch, or stored ones, as in pipeline/networks/batch_norm.py.
"""

import torch
from torch import Tensor, nn


class ClassNorm(nn.Module):
    """(B, channels, ...) and e, (B, given), to the same shape as the first."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, given: int, eps: float = 1e-5):
        """given: numbers of e; 0: gain and shift are one for all, as in plain batch norm."""
        super().__init__()
        self.eps, self.given = eps, given
        if given:
            self.gain = nn.Linear(given, channels, bias=False)
            self.shift = nn.Linear(given, channels, bias=False)
        else:
            self.own_gain, self.own_shift = (
                nn.Parameter(torch.zeros(channels)),
                nn.Parameter(torch.zeros(channels)),
            )
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor, e: Tensor, kept: bool) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The output, and the mean and variance that were used.

        kept: whether to use the moments in the buffers; else the batch's own are used, and the
        buffers are left as they are.
        """
        mean, variance = self.mean, self.variance
        if not kept:
            variance, mean = torch.var_mean(x, [0, *range(2, x.dim())], correction=0)
        gain, shift = (
            (self.gain(e), self.shift(e)) if self.given else (self.own_gain, self.own_shift)
        )
        factor = (1 + gain) * (variance + self.eps).rsqrt()
        moved = shift - mean * factor
        places = [1] * (x.dim() - 2)
        found = x * factor.view(*factor.shape, *places) + moved.view(*moved.shape, *places)
        return found, (mean, variance)
