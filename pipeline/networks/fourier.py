"""Waves of an input beside it, each an octave shorter than the one before.

    y = (x, a_j sin(w_j x), a_j cos(w_j x)),    w_j = 2^j / 2,    a_j = 2^(-3 j / 2),    j < J

A network is slow to learn what changes fast with its input: Tancik et al., "Fourier Features Let
Networks Learn High Frequency Functions in Low Dimensional Domains" (2020), section 4; each
coordinate in octaves is the "positional encoding" of their section 6.1. What is added is the
amplitude: a wave rises by at most a_j w_j = 2^(-j / 2) / 2, so that long ones, which tell modes
apart, lead, and short ones, which say where in a mode a point lies, follow. With waves that are
all as steep, a_j = 2^-j, games settle sooner on modes of unequal weight.
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
    """How many features there are of so many inputs."""
    return inputs * (1 + 2 * octaves)
