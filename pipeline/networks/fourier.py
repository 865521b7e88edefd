"""Fourier features: an input, and sines and cosines of it at frequencies that double.

    y = (x, a_j sin(w_j x), a_j cos(w_j x)),    w_j = 2^j / 2,    a_j = 2^(-3 j / 2),    j < J

A network is slow to learn functions of high frequency: Tancik et al., "Fourier Features Let
Networks Learn High Frequency Functions in Low Dimensional Domains" (2020), section 4; octaves of
each coordinate are the "positional encoding" of their section 6.1. The amplitudes are this
study's: the gradient of wave j is at most a_j w_j = 2^(-j / 2) / 2, so that long waves, which tell
modes apart, are learned before short ones, which tell the position within a mode. With equal
gradients, a_j = 2^-j, games more often end with modes of unequal weight.
"""

import torch
from torch import nn


class Fourier(nn.Module):
    """The features y of points: (B, d) -> (B, d (1 + 2 J)). No parameters."""

    def __init__(self, octaves: int):
        super().__init__()
        self.octaves = octaves

    def forward(self, x):
        j = torch.arange(self.octaves, dtype=x.dtype, device=x.device)
        angle, amplitude = x[..., None] * torch.exp2(j - 1), torch.exp2(-1.5 * j)
        waves = [(amplitude * wave).flatten(-2) for wave in (angle.sin(), angle.cos())]
        return torch.cat([x, *waves], dim=-1)


def width(inputs: int, octaves: int) -> int:
    """The number of features, d (1 + 2 J). inputs: d. octaves: J."""
    return inputs * (1 + 2 * octaves)
