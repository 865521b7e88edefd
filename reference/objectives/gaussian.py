"""The Gaussian likelihood with one variance per feature, from its density.

    p(x | m, v) = prod_i exp(-(x_i - m_i)^2 / (2 s_i^2)) / (s_i sqrt(2 pi)),    v_i = log s_i^2

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix C.2, equation 12.
"""

import numpy as np

from reference.arrays import along, event, real


def _arguments(x, mean, log_variance):
    return along(
        -1,
        x=real("x", x),
        mean=real("mean", mean),
        log_variance=real("log_variance", log_variance),
    )


@np.errstate(all="ignore")
def negative_log_likelihood(x, mean, log_variance):
    """-log p(x | m, v) of each example, summed over its features, in nats.

    x, mean, log_variance: examples, means m and log variances v, shape (..., features).
    Returns shape (...); infinite where the square of the scaled residual overflows.

    >>> float(negative_log_likelihood([0.0], [0.0], [0.0])) == float(np.log(2 * np.pi) / 2)
    True
    """
    x, mean, log_variance = _arguments(x, mean, log_variance)
    residual = (x - mean) / np.exp(log_variance / 2)
    residual = np.where(x == mean, 0.0, residual)
    return 0.5 * (np.log(2 * np.pi) + log_variance + residual**2).sum(-1)


@np.errstate(all="ignore")
def negative_log_likelihood_gradients(x, mean, log_variance):
    """Derivatives in the mean and in the log variance of each feature.

    d/dm = -(x - m) e^-v,    d/dv = (1 - (x - m)^2 e^-v) / 2

    x, mean, log_variance: as above, shape (..., features).
    Returns two arrays of shape (..., features).

    >>> [float(s[0]) for s in negative_log_likelihood_gradients([3.0], [1.0], [0.0])]
    [-2.0, -1.5]
    """
    x, mean, log_variance = _arguments(x, mean, log_variance)
    deviation = np.exp(log_variance / 2)
    residual = np.where(x == mean, 0.0, (x - mean) / deviation)
    return np.where(residual == 0, 0.0, -residual / deviation), 0.5 * (1 - residual**2)


@np.errstate(all="ignore")
def log_density(x, mean, log_variance):
    """log N(x; m, exp(v)) of each example, summed over its features, in nats.

    x, mean, log_variance: points, means m and log variances v, shape (..., features).
    Returns shape (...); minus infinity where the square of the scaled residual overflows.

    >>> float(log_density([2.0], [2.0], [0.0])) == -float(np.log(2 * np.pi) / 2)
    True
    """
    x, mean, log_variance = _arguments(x, mean, log_variance)
    deviation = np.exp(log_variance / 2)
    residual = np.where(x == mean, 0.0, (x - mean) / deviation)
    return -(np.log(2 * np.pi) / 2 + log_variance / 2 + residual**2 / 2).sum(-1)


@np.errstate(all="ignore")
def standard_log_density(x):
    """log N(x; 0, I) of each example, summed over its features, in nats.

    x: points, shape (..., features).
    Returns shape (...).

    >>> float(standard_log_density([0.0, 0.0])) == -float(np.log(2 * np.pi))
    True
    """
    x = event("x", real("x", x))
    return -0.5 * (x.shape[-1] * np.log(2 * np.pi) + (x**2).sum(-1))
