"""Uniform dequantisation: grey levels spread evenly over their cells, so that they have a density.

    y = (k + u) / (levels + 1),    k = levels (x + 1) / 2,    u ~ U[0, 1)
    -log P(k) <= E_u[ -log p_Y(y) ] + features log(levels + 1)

Uria, Murray & Larochelle, "RNADE" (2013), section 5.1; Theis, van den Oord & Bethge, "A note on
the evaluation of generative models" (2016), section 3.1. The last term turns a density of y into
one of k + u, whose cells have volume one; without it, each pixel of 17 levels would be log 17 nats
too good.
"""

import math

from torch import Tensor


def spread(x: Tensor, u: Tensor, levels: int) -> Tensor:
    """y in [0, 1): each pixel at the position u of its cell.

    x: pixels in [-1, 1] on the grid, shape (B, features). u: uniform in [0, 1), the same shape.
    levels: grey levels above the lowest.
    Returns shape (B, features).
    """
    return (((x + 1) / 2 * levels).round() + u) / (levels + 1)


def gathered(y: Tensor, levels: int) -> Tensor:
    """The inverse of `spread`: the pixels in [-1, 1] whose cells contain y.

    y: shape (B, features); values outside [0, 1) go to the nearest cell.
    levels: grey levels above the lowest.
    Returns shape (B, features).
    """
    return 2 * ((levels + 1) * y).floor().clamp(0, levels) / levels - 1


def in_levels(negative_log_likelihood: Tensor, features: int, levels: int) -> Tensor:
    """-log p(k + u) of each example, in nats: the unit of length is one level.

    negative_log_likelihood: -log p_Y(y), shape (B,). features: pixels of an example.
    levels: grey levels above the lowest.
    Returns shape (B,).
    """
    return negative_log_likelihood + features * math.log(levels + 1)
