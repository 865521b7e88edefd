"""The absolute error of an image, from its definition.

    L = 1/n sum_i |x_i - y_i|,    dL/dy_i = sign(y_i - x_i) / n

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), equation 3, divided by the number n of pixels.
"""

import numpy as np

from reference.arrays import along, event, real


def _residual(x, y):
    x, y = along(-1, x=event("x", real("x", x)), y=event("y", real("y", y)))
    return y - x


@np.errstate(over="ignore")
def absolute_error(x, y):
    """|x - y|_1 / n of each example, the mean over its features.

    x, y: examples and what stands in their place, shape (..., features).
    Returns shape (...).

    >>> float(absolute_error([0.0, 0.0], [3.0, -4.0]))
    3.5
    """
    return np.abs(_residual(x, y)).mean(-1)


@np.errstate(over="ignore")
def absolute_error_gradient(x, y):
    """Derivative in each feature of y, sign(y - x) / n; 0 where they are equal.

    x, y: as above.
    Returns shape (..., features).

    >>> absolute_error_gradient([0.0, 1.0], [3.0, 1.0]).tolist()
    [0.5, 0.0]
    """
    residual = _residual(x, y)
    return np.sign(residual) / residual.shape[-1]
