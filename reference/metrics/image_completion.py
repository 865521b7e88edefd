"""How various completions are.

    sum_ij (1 - m_ij) var_k(y_kij) / sum_ij (1 - m_ij) var_i(x_ij),    variances over n - 1

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 3: p(x_S | x_rest) is
a distribution, so that completions of one example differ.
"""

import numpy as np

from reference.arrays import dimensions, real, whole
from reference.distance import norm
from reference.errors import DomainError, ShapeError


def _centred(x):
    """x less its mean over the first axis: exactly 0 where all are equal."""
    apart = x - x[0]
    return apart - apart.mean(0)


@np.errstate(all="ignore")
def completion_diversity(draws, mask, x):
    """The variance of completions where something is missing, over that of examples there.

    draws: shape (K, N, d). mask: 1 where an entry is known, 0 elsewhere, shape (N, d).
    x: shape (N, d).
    Returns one number.

    >>> float(completion_diversity([[[1.0, 5.0]] * 2, [[1.0, 7.0]] * 2], [[1, 0]] * 2,
    ...                            [[0.0, 0.0], [0.0, 2.0]]))
    1.0
    """
    draws = dimensions("draws", real("draws", draws), 3)
    x = dimensions("x", real("x", x), 2)
    mask = whole("mask", mask, 0, 2)
    if draws.shape[1:] != x.shape or mask.shape != x.shape:
        raise ShapeError(f"draws {draws.shape}, mask {mask.shape} and x {x.shape} do not fit")
    for name, rows in (("draws", draws), ("x", x)):
        if len(rows) < 2:
            raise DomainError(f"{name} must be two or more: shape {rows.shape}")
    missing = 1 - mask
    # Both sums are squared lengths, whose ratio may be a number where they are none.
    above = norm((missing * _centred(draws)).ravel())
    below = norm((np.sqrt(missing.sum(0)) * _centred(x)).ravel())
    if below == 0:
        raise DomainError("x must vary where something is missing")
    return (above / below) ** 2 * (len(x) - 1) / (len(draws) - 1)
