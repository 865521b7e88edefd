"""A class or a category as a vector, the form in which it enters a network.

    one_hot(k)_j = 1 where j = k, else 0

with k and j in 0 ... size - 1.
"""

import torch
from torch import Tensor


def one_hot(index: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """The unit vectors of classes 0 ... size - 1: (B,) -> (B, size).

    Torch's own one_hot reads the values of the index, so that it cannot be traced.
    """
    return (index[:, None] == torch.arange(size, device=index.device)).to(dtype)
