"""Likelihoods in the units in which they are compared.

    bits = nats / log 2

Theis, van den Oord & Bethge, "A note on the evaluation of generative models" (2016), section
3.1.
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, event, real


def bits_per_dim(negative_log_likelihood, features):
    """The mean over examples in bits per feature.

    negative_log_likelihood: in nats, shape (N,). features: their number per example.
    Returns one number.

    >>> round(float(bits_per_dim([4 * np.log(2.0)], 2)), 12)
    2.0
    """
    name = "negative_log_likelihood"
    nats = event(name, real(name, negative_log_likelihood))
    return np.mean(nats / np.log(2)) / count("features", features)


def divergence(negative_log_likelihood, log_density):
    """KL( p || q ): the mean of log p - log q over draws of p, in nats.

    negative_log_likelihood, log_density: -log q and log p, shape (N,).
    Returns one number.

    >>> float(divergence([3.0, 5.0], [-2.0, -4.0]))
    1.0
    """
    minus_q, p = equal_shapes(
        negative_log_likelihood=real("negative_log_likelihood", negative_log_likelihood),
        log_density=real("log_density", log_density),
    )
    dimensions("log_density", p, 1)
    return np.mean(p - (0.0 - minus_q))
