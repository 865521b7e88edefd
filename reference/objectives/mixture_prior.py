"""A mixture of equally likely diagonal Gaussians, from the densities of its components.

    p(z) = 1/K sum_k N(z; m_k, exp(v_k)),    d log p / dz = sum_k r_k (m_k - z) exp(-v_k)

with r_k = N_k / sum N the responsibility of component k for z. Tomczak & Welling, "VAE with a
VampPrior" (2018), equation 9.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, refuse
from reference.errors import ShapeError
from reference.objectives import gaussian
from reference.primitives import logmeanexp, logsumexp


def _arguments(z, mean, log_variance):
    mean, log_variance = equal_shapes(
        mean=dimensions("mean", real("mean", mean), 2),
        log_variance=real("log_variance", log_variance),
    )
    z = dimensions("z", real("z", z), 2)
    if z.shape[1] != mean.shape[1]:
        raise ShapeError(f"z {z.shape} and mean {mean.shape} differ in their last axis")
    return z[:, None, :], mean[None], log_variance[None]


def log_density(z, mean, log_variance):
    """log p(z) of each example, in nats.

    z: latents, shape (B, latent). mean, log_variance: of the components, shape (K, latent).
    Returns shape (B,).

    >>> round(float(log_density([[0.0]], [[0.0], [0.0]], [[0.0], [0.0]])[0]), 6)
    -0.918939
    """
    return logmeanexp(gaussian.log_density(*_arguments(z, mean, log_variance)))


@np.errstate(all="ignore")
def log_density_gradients(z, mean, log_variance):
    """Derivatives of each example's log p(z) in z, in the means and in the log variances.

    sum_k r_k (m_k - z) e^-v_k;    r_k (z - m_k) e^-v_k;    r_k ((z - m_k)^2 e^-v_k - 1) / 2

    z, mean, log_variance: as above.
    Returns three arrays, of shape (B, latent), (B, K, latent) and (B, K, latent).

    >>> [s.ravel().tolist() for s in log_density_gradients([[3.0]], [[1.0]], [[0.0]])]
    [[-2.0], [2.0], [1.5]]
    """
    z, mean, v = _arguments(z, mean, log_variance)
    logs = gaussian.log_density(z, mean, v)
    nowhere = np.isneginf(logs.max(1, keepdims=True))
    refuse("z", z[:, 0], nowhere, "where log p(z) is a number")
    shares = np.exp(logs - logsumexp(logs)[:, None])[:, :, None]
    scaled = np.where(z == mean, 0.0, (z - mean) * np.exp(-v / 2))
    in_mean = np.where(shares * scaled == 0, 0.0, shares * (scaled * np.exp(-v / 2)))
    in_variance = np.where(shares == 0, 0.0, shares * (0.5 * (scaled**2 - 1)))
    return -in_mean.sum(1), in_mean, in_variance
