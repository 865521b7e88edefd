"""The kernel inception distance: unbiased MMD^2 with the cubic kernel, whole or in blocks.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y),    k(a, b) = (a'b / d + 1)^3

Binkowski et al., "Demystifying MMD GANs" (2018), section 4, who average over blocks; the study's
metric uses the whole samples.
"""

import numpy as np

from reference.arrays import count, two_samples
from reference.errors import DomainError
from reference.metrics.mmd import mmd2_unbiased


def cubic_kernel(x, y):
    """(x_i' y_j / d + 1)^3, shape (n, m).

    >>> cubic_kernel([[1.0, 1.0]], [[1.0, 1.0]]).tolist()
    [[8.0]]
    """
    x, y = two_samples(x=x, y=y)
    with np.errstate(all="ignore"):
        return (x @ y.T / x.shape[1] + 1) ** 3


def kernel_distance(x, y):
    """MMD^2 with the cubic kernel over pairs of different examples.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number, unbiased, so that it may be negative.

    >>> float(kernel_distance([[0.0], [0.0]], [[1.0], [1.0]]))
    7.0
    """
    return mmd2_unbiased(x, y, cubic_kernel)


def kid(x, y, blocks=1):
    """The kernel distance averaged over disjoint blocks, and its standard error.

    x, y: features, shape (n, d) and (m, d). blocks: disjoint blocks, taken in order, with at
    least two examples of each sample.
    Returns (mean, standard error of the mean): the latter NaN for one block.

    >>> [float(v) for v in kid([[0.0], [0.0]], [[1.0], [1.0]])][0]
    7.0
    """
    x, y = two_samples(2, x=x, y=y)
    blocks = count("blocks", blocks)
    if min(len(x), len(y)) < 2 * blocks:
        raise DomainError(f"blocks must leave two rows each: {blocks} of {len(x)} and {len(y)}")
    parts = zip(np.array_split(x, blocks), np.array_split(y, blocks), strict=True)
    values = np.array([kernel_distance(a, b) for a, b in parts])
    error = values.std(ddof=1) / np.sqrt(blocks) if blocks > 1 else np.float64(np.nan)
    return values.mean(), error
