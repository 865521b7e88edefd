"""The importance-weighted bound on log p(x), from K draws of the latents.

    L_K = log 1/K sum_k w_k,    w_k = p(x, z_k) / q(z_k | x),    E L_1 <= E L_K <= log p(x)

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8 and
theorem 1. Its gradient weights each draw by w_k / sum w (equation 14), as automatic
differentiation of the logarithm of the sum does.
"""

import math

from torch import Tensor


def bound(log_weights: Tensor) -> Tensor:
    """L_K of each example, in nats: at K = 1 the one-draw ELBO.

    log_weights: log w of each draw, shape (B, K).
    Returns shape (B,).
    """
    # Not the log of a mean of exponentials: in float32 e^-104 is 0, and images have lower weights.
    return log_weights.logsumexp(-1) - math.log(log_weights.shape[-1])
