"""The absolute error of an image, the mean over its pixels.

    L = 1/n sum_i |x_i - y_i|

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), equation 3, and Zhu et al. (2017), equation 2, write the sum over pixels, |x - y|_1. Their
weights of 100 and of 10 belong to the mean, which their programs compute: with the sum they would
be n times as large, 65,536 times for an image of 256 by 256. The least expected absolute error is
that of the median of y given x, pixel by pixel.
"""

from torch import Tensor


def absolute_error(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|_1 / n of each example, the mean over its features, in units of x.

    x: examples, shape (B, features).
    y: what stands in their place, shape (B, features).
    Returns shape (B,).
    """
    return (x - y).abs().mean(-1)
