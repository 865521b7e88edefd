"""The squared error of a reconstruction.

    L = sum_i (x_i - y_i)^2

Baldi & Hornik, "Neural Networks and Principal Component Analysis: Learning from Examples
Without Local Minima" (1989), equation 1, for one example. It is the Gaussian negative log
likelihood of variance 1/2 without its constant. An autoencoder has no density, and in this form
its loss is comparable with the sum of the eigenvalues that PCA leaves out.
"""

from torch import Tensor


def squared_error(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|^2 of each example, summed over its features, in squared units of x.

    x: examples, shape (B, features).
    y: their reconstructions, shape (B, features).
    Returns shape (B,).
    """
    return (x - y).square().sum(-1)
