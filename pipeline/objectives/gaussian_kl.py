"""The KL divergence of a diagonal Gaussian from the standard normal prior.

    KL( N(m, exp(v)) || N(0, I) ) = 1/2 sum_j [ m_j^2 + exp(v_j) - 1 - v_j ],    v = log s^2

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix B. Never negative, and
zero only at m = 0, v = 0.
"""

from torch import Tensor


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL( N(m, exp(v)) || N(0, I) ) of each example, summed over the latents, in nats.

    mean: the means m, shape (B, latent).
    log_variance: the log variances v, shape (B, latent).
    Returns shape (B,).
    """
    # expm1(v) - v, not exp(v) - 1 - v: in float32 the latter is negative by up to 3e-8.
    return (mean.square() + log_variance.expm1() - log_variance).sum(-1) / 2
