"""Multilayer perceptrons.

    h_0 = x,    h_i = LeakyReLU(W_i h_{i-1} + b_i),    y = W_L h_{L-1} + b_L

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (1986).
Weights are initialised as in Torch's `Linear`: uniform within 1 / sqrt(inputs).
"""

from itertools import pairwise

from torch import nn


def mlp(*widths: int, gradient: float = 0.2) -> nn.Sequential:
    """Linear layers between consecutive widths, with LeakyReLU between them and a linear output.

    widths: inputs, hidden units, outputs. gradient: that of LeakyReLU below 0.
    (B, widths[0]) -> (B, widths[-1])
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(gradient)]
    return nn.Sequential(*layers[:-1])
