"""The expected best of n settings that are drawn from K.

    E max(v_S),    S a uniformly random subset of 1 ... K with n elements

With v_(1) <= ... <= v_(K), all n are among the first i with probability
P_i = i (i - 1) ... (i - n + 1) / ( K (K - 1) ... (K - n + 1) ), and the mean is
sum_i v_(i) (P_i - P_(i-1)).

Dodge et al., "Show Your Work: Improved Reporting of Experimental Results" (2019), section 3,
where the n are drawn with replacement.
"""

import numpy as np

from reference.arrays import real
from reference.errors import ShapeError


def best_of(values):
    """The mean of the largest value over all sets of n values, for n = 1 ... K.

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
    below = np.cumprod((i - j) / (count - j), axis=1)  # P_i at n = j + 1; 0 where i <= j
    return np.diff(below, axis=0).T @ ordered
