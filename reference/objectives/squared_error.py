"""The squared error of a reconstruction, from its definition.

    L = sum_i (x_i - y_i)^2,    dL/dy_i = 2 (y_i - x_i)

Baldi & Hornik, "Neural Networks and Principal Component Analysis" (1989), equation 1.
"""

import numpy as np

from reference.arrays import along, real


def _residual(x, y):
    x, y = along(-1, x=real("x", x), y=real("y", y))
    return y - x


@np.errstate(over="ignore")
def squared_error(x, y):
    """|x - y|^2 of each example, summed over its features.

    x, y: examples and reconstructions, shape (..., features).
    Returns shape (...).

    >>> float(squared_error([0.0, 0.0], [3.0, 4.0]))
    25.0
    """
    residual = _residual(x, y)
    return np.einsum("...i,...i->...", residual, residual)


@np.errstate(all="ignore")
def squared_error_gradient(x, y):
    """Derivative in each feature of the reconstruction, 2 (y - x).

    x, y: as above.
    Returns shape (..., features).

    >>> squared_error_gradient([0.0], [3.0]).tolist()
    [6.0]
    """
    return 2 * _residual(x, y)
