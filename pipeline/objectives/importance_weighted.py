"""The importance-weighted bound of log p(x), from K draws of the latents.

    L_K = log 1/K sum_k w_k,    w_k = p(x, z_k) / q(z_k | x),    E L_1 <= E L_K <= log p(x)

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8 and
theorem 1. The gradient weighs each draw's own by w_k / sum w (equation 14), which the logarithm of
the sum does by itself.
"""

import math

from torch import Tensor


def bound(log_weights: Tensor) -> Tensor:
    """L_K of each example, in nats: at K = 1 the one-draw ELBO.

    log_weights: log w of each draw, shape (B, K).
    Returns shape (B,).
    """
    # Not log of a mean of exponentials: e^-100 is 0 in float32, and images have less.
    return log_weights.logsumexp(-1) - math.log(log_weights.shape[-1])
