"""A learned vector: a network without an input.

    y = c

The c that minimises the squared error |x - c|^2 is the mean of x.
"""

import torch
from torch import nn


class Constant(nn.Module):
    """() -> (features,), 0 before training."""

    def __init__(self, features: int):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(features))

    def forward(self):
        return self.value
