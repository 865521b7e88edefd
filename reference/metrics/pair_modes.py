"""Which classes of several digits in a row the samples reach.

    p(c_1, ..., c_P) = q(c_1) ... q(c_P)

Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2018), section
4.2: a mode is covered if one sample is named by it.
"""

import numpy as np

from reference.arrays import count, dimensions, non_negative, probabilities
from reference.errors import DomainError


def modes_named(counts):
    """How many modes have a sample.

    counts: samples by mode, shape (K,).
    Returns a number in 0 ... K.

    >>> modes_named([3, 0, 1])
    2
    """
    return int(np.count_nonzero(dimensions("counts", non_negative("counts", counts), 1)))


def joint_shares(shares, parts):
    """The shares of all combinations of independent parts, the first part's class slowest.

    shares: of the classes of one part, shape (k,), summing to 1. parts: how many P.
    Returns shape (k^P,).

    >>> joint_shares([0.25, 0.75], 2).tolist()
    [0.0625, 0.1875, 0.1875, 0.5625]
    """
    shares, parts = dimensions("shares", probabilities("shares", shares), 1), count("parts", parts)
    if len(shares) ** parts > 10**7:
        raise DomainError(f"parts must have at most 10^7 combinations: {len(shares)}^{parts}")
    places = np.indices((len(shares),) * parts).reshape(parts, -1)
    return shares[places].prod(0)
