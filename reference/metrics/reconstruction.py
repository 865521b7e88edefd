"""The error of a reconstruction, as squared error and as cross-entropy.

    squared error    mean over images of |x - y|^2
    cross-entropy    mean over images of -sum_i [ p_i log q_i + (1 - p_i) log(1 - q_i) ]

Shannon (1948), section 6, for the minimum of the second: at q = p it is the pixels' entropy, which
is not 0 for grey ones.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, within


@np.errstate(all="ignore")
def squared_error(x, y):
    """Mean over images of |x - y|^2.

    x, y: images and reconstructions, shape (N, features).
    Returns one number.

    >>> float(squared_error([[0.0, 0.0], [1.0, 0.0]], [[3.0, 4.0], [1.0, 1.0]]))
    13.0
    """
    x, y = equal_shapes(x=dimensions("x", real("x", x), 2), y=real("y", y))
    return ((x - y) ** 2).sum(1).mean()


@np.errstate(all="ignore")
def cross_entropy(p, q):
    """Mean over images of the cross-entropy of pixels p under pixels q, in nats.

    p, q: intensities in [0, 1], shape (N, features).
    Returns one number, infinite where q is 0 or 1 and p differs.

    >>> float(cross_entropy([[1.0, 0.5]], [[1.0, 0.5]])) == float(np.log(2))
    True
    """
    p, q = equal_shapes(p=dimensions("p", within("p", p, 0, 1), 2), q=within("q", q, 0, 1))
    lit = np.where(p == 0, 0.0, p * np.log(q))
    dark = np.where(p == 1, 0.0, (1 - p) * np.log1p(-q))
    return 0.0 - (lit + dark).sum(1).mean()
