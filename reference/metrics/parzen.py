"""The Parzen window likelihood, and the selection of its width.

    p(x) = 1/m sum_i N(x; s_i, sigma^2 I)

Breuleux, Bengio & Vincent, "Quickly Generating Representative Samples from an RBM-Derived
Process" (2011), section 4: the sigma with the largest likelihood of validation examples.
"""

import numpy as np

from reference.arrays import dimensions, positive, two_samples
from reference.errors import DomainError
from reference.theory.parzen import parzen_loglik

SIGMAS = tuple(np.logspace(-1, 0, 10))


def log_density(x, centres, sigma):
    """log p(x) under Gaussian windows on the centres, in nats.

    x: shape (n, d). centres: shape (m, d). sigma: standard deviation of every window.
    Returns shape (n,).

    >>> round(float(log_density([[0.0]], [[0.0]], 1.0)[0]), 6)
    -0.918939
    """
    x, centres = two_samples(x=x, centres=centres)
    return parzen_loglik(x, centres, sigma)


def best_sigma(x, centres, sigmas=SIGMAS):
    """The sigma with the largest mean log density; the first one of equals.

    x: validation examples, shape (n, d). centres: shape (m, d). sigmas: at least one.
    Returns one of sigmas.

    >>> float(best_sigma([[1.0]], [[0.0]], (0.5, 1.0, 2.0)))
    1.0
    """
    (x, centres), sigmas = two_samples(x=x, centres=centres), positive("sigmas", sigmas)
    dimensions("sigmas", sigmas, 1)
    means = np.array([parzen_loglik(x, centres, sigma).mean() for sigma in sigmas])
    if np.isneginf(means).all():
        raise DomainError("x must be near enough to centres for a likelihood above 0")
    return sigmas[np.argmax(means)]
