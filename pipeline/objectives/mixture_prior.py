"""A prior over latents that is a mixture of K equally likely diagonal Gaussians.

    log p(z) = log 1/K sum_k N(z; m_k, exp(v_k)),    v = log s^2

Tomczak & Welling, "VAE with a VampPrior" (2018), equation 9, where N(m_k, exp(v_k)) is the
posterior of pseudo-input k. The KL divergence of a Gaussian from it has no closed form:
log q(z|x) - log p(z) at a draw z of q is an unbiased estimate, of either sign.
"""

import math

from torch import Tensor


def log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log p(z) of each example, in nats.

    z: latents, shape (B, latent).
    mean, log_variance: m and v of the components, shape (K, latent).
    Returns shape (B,).
    """
    scaled = (z[:, None] - mean) * (-log_variance / 2).exp()
    parts = -(math.log(2 * math.pi) + log_variance + scaled.square()).sum(-1) / 2
    return parts.logsumexp(-1) - math.log(len(mean))
