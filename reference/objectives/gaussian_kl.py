"""The KL divergence of a diagonal Gaussian from the standard normal, from two expectations.

    KL = E_q[ log q - log p ],    E_q log q = -1/2 sum_j [log 2 pi + v_j + 1],
    E_q log p = -1/2 sum_j [log 2 pi + m_j^2 + e^v_j]

whose difference is 1/2 sum_j [m_j^2 + (e^v_j - 1 - v_j)], a sum of two terms that are never
negative. Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix B.
"""

import numpy as np

from reference.arrays import along, real
from reference.primitives import expm1mx


def _arguments(mean, log_variance):
    return along(-1, mean=real("mean", mean), log_variance=real("log_variance", log_variance))


@np.errstate(all="ignore")
def kl_to_standard_normal(mean, log_variance):
    """KL( N(m, exp(v)) || N(0, I) ) of each example, summed over the latents, in nats.

    mean, log_variance: means m and log variances v, shape (..., latent).
    Returns shape (...), at least 0; infinite where e^v overflows, above v = 709.78.

    >>> float(kl_to_standard_normal([3.0, 4.0], [0.0, 0.0]))
    12.5
    """
    mean, log_variance = _arguments(mean, log_variance)
    return 0.5 * (mean**2 + expm1mx(log_variance)).sum(-1)


@np.errstate(all="ignore")
def kl_to_standard_normal_gradients(mean, log_variance):
    """Derivatives in each mean and each log variance: m and (e^v - 1) / 2.

    mean, log_variance: means m and log variances v, shape (..., latent).
    Returns two arrays of shape (..., latent).

    >>> [s.tolist() for s in kl_to_standard_normal_gradients([3.0], [0.0])]
    [[3.0], [0.0]]
    """
    mean, log_variance = _arguments(mean, log_variance)
    return mean + 0.0, 0.5 * np.expm1(log_variance)
