"""Logits without an input: a categorical distribution per feature.

    p_jk = exp(a_jk) / sum_i exp(a_ji),    j a feature, k its value

Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs" (1990),
section 2. All a start at 0: the uniform distribution.
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
