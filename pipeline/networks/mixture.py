"""A mixture of Gaussians whose means and deviations are weights: noise of a learned shape.

    z = m_c + s_c e,    e ~ N(0, I),  c of 1 ... K

Gurumurthy, Sarvadevabhatla & Babu, "DeLiGAN: Generative Adversarial Networks for Diverse and
Limited Data" (2017), equation 4. At the start the means are uniform on [-1, 1], and s = 0.2.
"""

import torch
from torch import Tensor, nn

from pipeline.networks.one_hot import one_hot

SPREAD = 0.2  # s at the start


class Mixture(nn.Module):
    """e, (B, d), and the number of a part, (B,), to z, (B, d)."""

    def __init__(self, parts: int, size: int):
        """parts: K. size: d."""
        super().__init__()
        self.means = nn.Parameter(2 * torch.rand(parts, size) - 1)
        self.spreads = nn.Parameter(torch.full((parts, size), SPREAD))

    def forward(self, e: Tensor, part: Tensor) -> Tensor:
        chosen = one_hot(part, len(self.means), e.dtype)
        return chosen @ self.means + (chosen @ self.spreads) * e
