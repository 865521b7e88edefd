"""What the best of n settings is worth to expect, when n of K are drawn.

    E max(v_S),    S a set of n of 1 ... K, each such set as likely as every other

P(max <= v_(i)) = C(i, n) / C(K, n) with v_(1) <= ... <= v_(K), so the mean is a sum over i of
v_(i) times what this grows by from i - 1 to i.

Dodge et al., "Show Your Work: Improved Reporting of Experimental Results" (2019), section 3,
where the n are drawn with replacement: then one of them may be drawn twice.
"""

from math import comb

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
    below = [[comb(i, n) / comb(count, n) for i in range(count + 1)] for n in range(1, count + 1)]
    return np.diff(np.array(below)) @ ordered
