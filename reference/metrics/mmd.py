"""The maximum mean discrepancy of two samples, for any kernel.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y)

Gretton et al., "A Kernel Two-Sample Test" (2012), equations 3 (unbiased: pairs of different
examples) and 5 (biased: all pairs). The unbiased estimate may be negative and is not clipped.
"""

import numpy as np

from reference.arrays import number, positive, refuse, two_samples


def gaussian_kernel(x, y, bandwidth=1.0):
    """exp(-|x_i - y_j|^2 / (2 bandwidth^2)), from differences, shape (n, m).

    >>> gaussian_kernel([[0.0]], [[0.0]]).tolist()
    [[1.0]]
    """
    (x, y), bandwidth = (
        two_samples(x=x, y=y),
        positive("bandwidth", number("bandwidth", bandwidth)),
    )
    with np.errstate(all="ignore"):  # where the square overflows, the kernel is 0
        square = np.stack([(((x - row) / bandwidth) ** 2).sum(1) for row in y], 1)
    return np.exp(-square / 2)


def mmd2_biased(x, y, kernel=gaussian_kernel):
    """MMD^2 over all pairs, including each example with itself: never negative.

    x, y: samples, shape (n, d) and (m, d). kernel: two samples to (n, m), positive definite.
    Returns one number, the square of a distance; a negative rounding error becomes 0.

    >>> float(mmd2_biased([[0.0]], [[0.0]]))
    0.0
    """
    x, y = two_samples(x=x, y=y)
    xx, yy, xy = (_table(kernel, *s).mean() for s in ((x, x), (y, y), (x, y)))
    return np.maximum((xx - xy) + (yy - xy), 0)


def mmd2_unbiased(x, y, kernel=gaussian_kernel):
    """MMD^2 over pairs of different examples: unbiased, so that it may be negative.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number.

    >>> float(mmd2_unbiased([[0.0], [0.0]], [[0.0], [0.0]]))
    0.0
    """
    x, y = two_samples(2, x=x, y=y)

    def off_diagonal(s):
        table = _table(kernel, s, s)
        return (table.sum() - np.trace(table)) / (len(s) * (len(s) - 1))

    return off_diagonal(x) + off_diagonal(y) - 2 * _table(kernel, x, y).mean()


def _table(kernel, x, y):
    table = kernel(x, y)
    refuse("the kernel of x and y", table, ~np.isfinite(table), "finite")
    return table
