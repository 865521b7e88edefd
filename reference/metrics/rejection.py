"""Acceptance of samples by a discriminator.

    M = max a,    F = a - M - log(1 - exp(a - M - eps)),    accept with 1 / (1 + exp(gamma - F))

Azadi, Olsson, Darrell, Goodfellow & Odena, "Discriminator Rejection Sampling" (2019), equations 6
to 8. With gamma = 0 and eps = 0 acceptance is exp(a - M).
"""

import numpy as np

from reference.arrays import dimensions, number, real
from reference.primitives import log1mexp, sigmoid

EPS = 1e-8


@np.errstate(all="ignore")
def acceptance(logits, gamma):
    """The chance with which each sample is accepted.

    logits: a, shape (N,). gamma: the threshold.
    Returns shape (N,), in [0, 1].

    >>> acceptance([0.0, -np.log(2)], 0.0).round(3)
    array([1. , 0.5])
    """
    a, gamma = dimensions("logits", real("logits", logits), 1), number("gamma", gamma)
    below = a - a.max()
    return sigmoid(below - log1mexp(below - EPS) - gamma)
