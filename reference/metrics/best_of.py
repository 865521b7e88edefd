"""What the best of n settings is worth to expect, when n of K are drawn.

    E max(v_S),    S a set of n of 1 ... K, each such set as likely as every other

With v_(1) <= ... <= v_(K), all n are among the first i with probability i / K times
(i - 1) / (K - 1) and so on, n times; the mean is a sum over i of v_(i) times what this grows by
from i - 1 to i.

Dodge et al., "Show Your Work: Improved Reporting of Experimental Results" (2019), section 3,
where the n are drawn with replacement: then one of them may be drawn twice.
"""

import numpy as np

from reference.arrays import real
from reference.errors import ShapeError


def best_of(values):
    """The mean, over all sets of n values, of the largest; for n from 1 to K.

    values: v of each setting, the larger the better, shape (K,).
    Returns shape (K,): from the mean of the values to their maximum.

    >>> best_of([3.0, 1.0, 2.0]).round(3).tolist()
    [2.0, 2.667, 3.0]
    """
    ordered = np.sort(real("values", values))
    if ordered.ndim != 1 or not len(ordered):
        raise ShapeError(f"values must have shape (K,) with K at least 1, not {ordered.shape}")
    count = len(ordered)
    i, j = np.arange(count + 1)[:, None], np.arange(count)
    below = np.cumprod((i - j) / (count - j), axis=1)  # of i and n = j + 1; from i = j on zero
    return np.diff(below, axis=0).T @ ordered
