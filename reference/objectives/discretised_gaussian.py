"""The likelihood of pixels on a grid of levels under a Gaussian: the mass of each pixel's bin.

    p(x) = prod_i P( |X_i - x_i| <= 1 / levels ),    X_i ~ N(m_i, s^2)

Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equation 13.
"""

from reference.arrays import count
from reference.theory.likelihood import log_bins


def negative_log_likelihood(x, mean, log_variance, levels):
    """-log p(x) of each example, in nats.

    x: on the grid of levels + 1 values from -1 to 1, shape (..., features). mean, log_variance:
    shapes that broadcast. levels: grey levels above the lowest.
    Returns shape (...).

    >>> float(negative_log_likelihood([1.0], [1.0], -20.0, 16))
    0.0
    """
    return 0.0 - log_bins("x", x, mean, log_variance, count("levels", levels) + 1)
