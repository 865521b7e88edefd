"""The maximum mean discrepancy of two samples, and the kernel inception distance.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y)

Gretton et al., "A Kernel Two-Sample Test" (2012), equations 3 (unbiased: pairs of different
examples) and 5 (biased: all pairs). Binkowski et al., "Demystifying MMD GANs" (2018): the
cubic kernel (x'y / d + 1)^3, averaged over blocks, on the features of a classifier. The
unbiased estimate may be negative, and stays so.
"""

import numpy as np

from reference.arrays import count, number, positive, samples
from reference.errors import DomainError, ShapeError


def gaussian_kernel(x, y, bandwidth=1.0):
    """exp(-|x_i - y_j|^2 / (2 bandwidth^2)), from differences, shape (n, m).

    >>> gaussian_kernel([[0.0]], [[0.0]]).tolist()
    [[1.0]]
    """
    (x, y), bandwidth = _pair(x, y, 1), positive("bandwidth", number("bandwidth", bandwidth))
    with np.errstate(all="ignore"):  # a square that overflows is a kernel of 0
        square = np.stack([(((x - row) / bandwidth) ** 2).sum(1) for row in y], 1)
    return np.exp(-square / 2)


def cubic_kernel(x, y):
    """(x_i' y_j / d + 1)^3, shape (n, m).

    >>> cubic_kernel([[1.0, 1.0]], [[1.0, 1.0]]).tolist()
    [[8.0]]
    """
    x, y = _pair(x, y, 1)
    return (x @ y.T / x.shape[1] + 1) ** 3


def _pair(x, y, least):
    x, y = samples("x", x, least), samples("y", y, least)
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"x {x.shape} and y {y.shape} differ in their last axis")
    return x, y


def mmd2_biased(x, y, kernel=gaussian_kernel):
    """MMD^2 with all pairs, an example with itself too: never negative.

    x, y: samples, shape (n, d) and (m, d). kernel: two samples to (n, m), positive definite.
    Returns one number, the square of a distance: a difference of means that rounds to below 0
    is 0.

    >>> float(mmd2_biased([[0.0]], [[0.0]]))
    0.0
    """
    x, y = _pair(x, y, 1)
    between = kernel(x, y).mean()
    return np.maximum((kernel(x, x).mean() - between) + (kernel(y, y).mean() - between), 0)


def mmd2_unbiased(x, y, kernel=gaussian_kernel):
    """MMD^2 over pairs of different examples: right on average, negative at times.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number.

    >>> float(mmd2_unbiased([[0.0], [0.0]], [[0.0], [0.0]]))
    0.0
    """
    x, y = _pair(x, y, 2)

    def off_diagonal(s):
        table = kernel(s, s)
        return (table.sum() - np.trace(table)) / (len(s) * (len(s) - 1))

    return off_diagonal(x) + off_diagonal(y) - 2 * kernel(x, y).mean()


def kid(x, y, blocks=1):
    """Kernel inception distance: unbiased MMD^2 with the cubic kernel, a mean over blocks.

    x, y: features, shape (n, d) and (m, d). blocks: disjoint blocks, taken in order, with at
    least two examples of each sample.
    Returns (mean, standard error of the mean): the latter NaN for one block.

    >>> [float(v) for v in kid([[0.0], [0.0]], [[1.0], [1.0]])][0]
    7.0
    """
    x, y = _pair(x, y, 2)
    blocks = count("blocks", blocks)
    if min(len(x), len(y)) < 2 * blocks:
        raise DomainError(f"blocks must leave two rows each: {blocks} of {len(x)} and {len(y)}")
    parts = zip(np.array_split(x, blocks), np.array_split(y, blocks), strict=True)
    values = np.array([mmd2_unbiased(a, b, cubic_kernel) for a, b in parts])
    error = values.std(ddof=1) / np.sqrt(blocks) if blocks > 1 else np.float64(np.nan)
    return values.mean(), error
