"""The kernel distance of two samples: unbiased MMD^2 with the cubic kernel.

Binkowski et al., "Demystifying MMD GANs" (2018), section 4, without its average over blocks.
"""

from reference.metrics.mmd import cubic_kernel, mmd2_unbiased


def kernel_distance(x, y):
    """MMD^2 with k(a, b) = (a'b / d + 1)^3 over pairs of different examples.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number, negative at times.

    >>> float(kernel_distance([[0.0], [0.0]], [[1.0], [1.0]]))
    7.0
    """
    return mmd2_unbiased(x, y, cubic_kernel)
