"""Multilayer perceptrons with a time as a further input.

    y = mlp(x, sin(w_1 t), cos(w_1 t), ... sin(w_m t), cos(w_m t)),    w_i = 1000^(1 - (i-1)/(m-1))

for a time t in [0, 1]. Vaswani et al., "Attention Is All You Need" (2017), section 3.5, as Ho,
Jain & Abbeel (2020), appendix B, use it; here it is an input, not added to hidden layers.
"""

import math

import torch
from torch import Tensor, nn

from pipeline.networks.mlp import mlp

WAVES = 8


class Timed(nn.Module):
    """(B, features), (B,) -> (B, outputs)."""

    def __init__(self, features: int, *widths: int):
        super().__init__()
        self.mlp = mlp(features + 2 * WAVES, *widths)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        power = torch.linspace(1, 0, WAVES, dtype=x.dtype, device=x.device)
        angle = time[:, None].to(x.dtype) * (power * math.log(1000)).exp()
        return self.mlp(torch.cat([x, angle.sin(), angle.cos()], -1))
