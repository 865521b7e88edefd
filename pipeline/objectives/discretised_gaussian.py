"""The likelihood of pixels on a grid of levels under a Gaussian: the mass of each pixel's bin.

    -log p(x) = -sum_i log[ F((x_i + h - m_i) / s) - F((x_i - h - m_i) / s) ],    h = 1 / levels

for grey levels 0 ... levels at equal steps 2 h from -1 to 1; F is the standard normal cumulative
distribution function, and the bins of -1 and 1 extend to infinity. Ho, Jain & Abbeel, "Denoising
Diffusion Probabilistic Models" (2020), equation 13.
"""

import math

import torch
from torch import Tensor


def negative_log_likelihood(x: Tensor, mean: Tensor, log_variance: Tensor, levels: int) -> Tensor:
    """-log p(x) of each example, summed over its pixels, in nats.

    x: pixels on the grid, shape (B, features).
    mean, log_variance: m and log s^2, shapes that broadcast to it.
    levels: grey levels above the lowest.
    Returns shape (B,), without a lower limit on the mass of a bin far from the mean.
    """
    scale = (-log_variance / 2).exp()
    level = ((x + 1) / 2 * levels).round()
    low = torch.where(level == 0, -math.inf, (x - 1 / levels - mean) * scale)
    high = torch.where(level == levels, math.inf, (x + 1 / levels - mean) * scale)
    # By symmetry the bin is reflected to the left of 0, where F is small and keeps its precision.
    flip = low + high > 0
    low, high = torch.where(flip, -high, low), torch.where(flip, -low, high)
    below, above = _log_distribution(low), _log_distribution(high)
    # log(F(b) - F(a)) = log F(b) + log(1 - F(a)/F(b))
    return -(above + (-(below - above).expm1()).log()).sum(-1)


def _log_distribution(x: Tensor) -> Tensor:
    """log F(x); Torch's own log_ndtr cannot be batched over replicas."""
    # Each branch sees its own half only: an infinite gradient times 0 would be NaN.
    left, right = x.clamp(max=0) / math.sqrt(2), x.clamp(min=0) / math.sqrt(2)
    small = (torch.special.erfcx(-left) / 2).log() - left.square()
    return torch.where(x > 0, torch.log1p(-right.erfc() / 2), small)
