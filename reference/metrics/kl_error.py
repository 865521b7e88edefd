"""The standard error of a mean over images, each estimated from several draws.

    Var( 1/N sum_x 1/S sum_s k_s(x) ) = 1/N^2 sum_x Var k(x) / S

as draws of different images are independent; Var k(x) from the sum of squares about the mean,
over S - 1. Tomczak & Welling, "VAE with a VampPrior" (2018), equation 9, for the KL so drawn.
"""

import numpy as np

from reference.arrays import dimensions, real
from reference.distance import norm
from reference.errors import DomainError


@np.errstate(all="ignore")
def standard_error(draws):
    """The standard error of the mean over images and draws.

    draws: one row per draw, shape (S, N), S at least 2.
    Returns one number, at least 0.

    >>> float(standard_error([[0.0, 1.0], [2.0, 1.0]]))
    0.5
    """
    draws = dimensions("draws", real("draws", draws), 2)
    s, n = draws.shape
    if s < 2:
        raise DomainError("draws must have at least 2 rows: one draw says nothing of its error")
    apart = draws - draws[0]
    return norm((apart - apart.mean(0)).ravel()) / np.sqrt(s * (s - 1)) / n
