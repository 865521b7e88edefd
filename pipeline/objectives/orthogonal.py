"""Orthogonal regularisation: filters of a layer should not point the same way.

    R(W) = sum_(i != j) (w_i . w_j)^2 = | W W' o (1 - I) |^2,    w_i the weights of output i

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), equation 3, in the orientation of their program: the diagonal is left free, so that the
length of a filter costs nothing. What it is for: a smooth generator, which bears truncated
latents.
"""

import torch
from torch import Tensor


def off_diagonal(weight: Tensor) -> Tensor:
    """R(W) of one layer, 0 where its filters are orthogonal.

    weight: W, shape (outputs, ...); all axes but the first are a filter.
    Returns shape ().
    """
    filters = weight.flatten(1)
    products = filters @ filters.T
    others = 1 - torch.eye(len(filters), dtype=weight.dtype, device=weight.device)
    return (products * others).square().sum()
