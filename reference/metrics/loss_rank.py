"""Rank correlation: whether two sequences have the same order.

    rho = correlation of ranks,    ties have their mean rank
    JSD >= (log 4 - L) / 2,        L = -V the discriminator's loss

Spearman, "The Proof and Measurement of Association between Two Things" (1904); Goodfellow et al.,
"Generative Adversarial Nets" (2014), theorem 1.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, refuse


def ranks(x):
    """The rank of each number, from 1 for the smallest; ties have their mean rank.

    x: shape (n,).
    Returns shape (n,).

    >>> ranks([2.0, 1.0, 2.0]).tolist()
    [2.5, 1.0, 2.5]
    """
    return _ranks("x", x)


def _ranks(name, x):
    x = dimensions(name, real(name, x, infinite=True), 1)
    _, which, count = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[which]


def spearman(x, y):
    """The rank correlation of two sequences.

    x, y: shape (n,), neither all equal.
    Returns one number, in [-1, 1].

    >>> round(float(spearman([1.0, 2.0, 3.0], [1.0, 4.0, 9.0])), 15)
    1.0
    """
    a, b = equal_shapes(x=_ranks("x", x), y=_ranks("y", y))
    for name, r in (("x", a), ("y", b)):
        refuse(name, np.ptp(r), np.ptp(r) == 0, "of two values at least, in range")
    return np.corrcoef(a, b)[0, 1]


def jensen_shannon_estimate(loss):
    """(log 4 - L) / 2, the lower bound on the JSD from a minimax loss, in nats.

    loss: L = -V of the discriminator, any shape.
    Returns the same shape; 0 at D = 1/2.

    >>> float(jensen_shannon_estimate(np.log(4.0)))
    0.0
    """
    return (np.log(4.0) - real("loss", loss)) / 2
