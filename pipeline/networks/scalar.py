"""A learned number that is appended to a network's output.

    y = (x, c),    the same c for every x

The shared log variance of Rybkin, Daniilidis & Levine, "Simple and Effective VAE Training with
Calibrated Decoders" (2021), section 4.1, is such a number.
"""

import torch
from torch import Tensor, nn


class Beside(nn.Module):
    """Appends one learned number: (..., features) -> (..., features + 1)."""

    def __init__(self, start: float):
        """start: the initial value of c."""
        super().__init__()
        self.value = nn.Parameter(torch.full((1,), start))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.value.expand(*x.shape[:-1], 1)], dim=-1)
