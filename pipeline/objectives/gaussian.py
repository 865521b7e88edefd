"""The Gaussian likelihood with one variance per feature.

    log p(x | m, v) = -1/2 sum_i [ log 2 pi + v_i + (x_i - m_i)^2 exp(-v_i) ],    v = log s^2

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix C.2, equation 12. At a
fixed v it is the squared error, scaled by exp(-v) / 2 and shifted: v sets the weight of the
reconstruction against the KL term.
"""

import math

from torch import Tensor


def negative_log_likelihood(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """-log p(x | m, v) of each example, summed over its features, in nats.

    x: examples, shape (B, features).
    mean: the means m, shape (B, features).
    log_variance: the log variances v, any shape that broadcasts to (B, features).
    Returns shape (B,).
    """
    # The residual is scaled before it is squared: exp(-v) alone overflows at v = -89.
    scaled = (x - mean) * (-log_variance / 2).exp()
    return (math.log(2 * math.pi) + log_variance + scaled.square()).sum(-1) / 2


def log_density(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log N(x; m, exp(v)) of each example, summed over its features, in nats.

    x: points, for example latents, shape (B, features).
    mean, log_variance: m and v, any shapes that broadcast to (B, features).
    Returns shape (B,).
    """
    return -negative_log_likelihood(x, mean, log_variance)


def standard_log_density(x: Tensor) -> Tensor:
    """log N(x; 0, I) of each example, summed over its features, in nats.

    x: points, shape (B, features).
    Returns shape (B,).
    """
    return -(math.log(2 * math.pi) + x.square()).sum(-1) / 2
