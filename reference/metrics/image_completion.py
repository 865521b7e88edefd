"""How various completions are.

    sum_ij (1 - m_ij) var_k(y_kij) / sum_ij (1 - m_ij) var_i(x_ij),    variances over n - 1

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 3: p(x_S | x_rest) is
a distribution, so that completions of one example differ.
"""

import numpy as np

from reference.arrays import dimensions, real, within
from reference.errors import DomainError, ShapeError


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
    mask = within("mask", np.asarray(mask, float), 0, 1)
    if draws.shape[1:] != x.shape or mask.shape != x.shape or min(len(draws), len(x)) < 2:
        raise ShapeError(f"draws {draws.shape}, mask {mask.shape} and x {x.shape} do not fit")
    missing = 1 - mask
    below = (missing * x.var(0, ddof=1)).sum()
    if below == 0:
        raise DomainError("x must vary where something is missing")
    return (missing * draws.var(0, ddof=1)).sum() / below
