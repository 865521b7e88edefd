"""A table of learned rows: a network without an input.

    y_k = s(a_k),    k = 1 ... K

with s the logistic sigmoid, so that a row is an image of pixels in (0, 1): the pseudo-inputs of
Tomczak & Welling, "VAE with a VampPrior" (2018), section 3. The logits a start as independent
standard normal numbers, so that all rows differ.
"""

import torch
from torch import nn


class Table(nn.Module):
    """() -> (rows, features)."""

    def __init__(self, rows: int, features: int):
        super().__init__()
        self.logits = nn.Parameter(torch.randn(rows, features))

    def forward(self):
        return self.logits.sigmoid()
