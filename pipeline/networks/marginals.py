"""Logits that depend on no input: the parameters of a table of probabilities.

    p_jk = exp(a_jk) / sum_i exp(a_ji),    j a feature, k its value

Bridle (1990), section 2. All a start at 0: every value is as likely as every other.
"""

import torch
from torch import Tensor, nn


class Marginals(nn.Module):
    """() -> (features, values), logits."""

    def __init__(self, features: int, values: int):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(features, values))

    def forward(self) -> Tensor:
        return self.logits
