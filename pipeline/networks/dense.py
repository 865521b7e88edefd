"""Fully connected networks with hidden layers of three kinds.

    mlp      LeakyReLU(W h + b)
    tanh     tanh(W h + b)               Burda et al. (2016)
    gated    (W h + b) * s(V h + c)      Tomczak & Welling (2018)

with s the logistic sigmoid: Dauphin, Fan, Auli & Grangier, "Language Modeling with Gated
Convolutional Networks" (2017), equation 1. The last layer is linear. Weights are initialised as in
Torch's `Linear`: uniform within 1 / sqrt(inputs).
"""

from itertools import pairwise

import torch
from torch import nn


class Gated(nn.Module):
    """Linear units, each multiplied by its gate in (0, 1)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.value, self.gate = nn.Linear(inputs, outputs), nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.value(x) * self.gate(x).sigmoid()


def layer(kind: str, inputs: int, outputs: int) -> list[nn.Module]:
    """The modules of one hidden layer, (B, inputs) -> (B, outputs)."""
    if kind == "gated":
        return [Gated(inputs, outputs)]
    return [nn.Linear(inputs, outputs), nn.Tanh() if kind == "tanh" else nn.LeakyReLU(0.2)]


def dense(kind: str, *widths: int) -> nn.Sequential:
    """Hidden layers between consecutive widths, the last one linear.

    kind: mlp, tanh or gated. widths: inputs, hidden units, outputs.
    (B, widths[0]) -> (B, widths[-1])
    """
    hidden = [module for pair in pairwise(widths[:-1]) for module in layer(kind, *pair)]
    return nn.Sequential(*hidden, nn.Linear(widths[-2], widths[-1]))


class Joint(nn.Module):
    """A network of two inputs: one hidden layer per input, and a trunk on both together.

    (B, inputs[0]), (B, inputs[1]) -> (B, widths[-1])

    So Tomczak & Welling, "VAE with a VampPrior" (2018), build q(z1 | x, z2) and p(x | z1, z2).
    """

    def __init__(self, kind: str, inputs: tuple[int, int], *widths: int):
        """inputs: sizes of both. widths: hidden units per input, those of the trunk, outputs."""
        super().__init__()
        self.first, self.second = (nn.Sequential(*layer(kind, n, widths[0])) for n in inputs)
        self.trunk = dense(kind, 2 * widths[0], *widths[1:])

    def forward(self, a, b):
        return self.trunk(torch.cat([self.first(a), self.second(b)], dim=-1))
