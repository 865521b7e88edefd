"""What a model of a die has learned, face by face.

    KL( p || q ) = sum_k p_k log(p_k / q_k)

Kullback & Leibler (1951), equation 2.4; Pearson (1900).
"""

import numpy as np

from reference.arrays import count, dimensions, real, whole
from reference.theory import dice


def kl(log_distribution, log_model):
    """KL( p || q ) as cross-entropy less entropy, in nats.

    log_distribution, log_model: log p and log q, shape (K,), -inf allowed in log p.
    Returns one number.

    >>> float(kl([0.0, -np.inf], [-2.0, -0.1]))
    2.0
    """
    p = dimensions(
        "log_distribution", np.exp(real("log_distribution", log_distribution, infinite=True)), 1
    )
    some = p > 0
    cross = -(p[some] * real("log_model", log_model)[some]).sum()
    return cross - dice.die_entropy(p / p.sum())


def mean_face(face):
    """The mean of throws, where face 0 counts 1, from the shares of the faces.

    face: whole numbers from 0, shape (n,).
    Returns one number.

    >>> float(mean_face([0, 1, 5]))
    3.0
    """
    face = whole("face", face, 0)
    size = count("faces", int(face.max()) + 1)
    return (dice.frequencies(face, size) * np.arange(1, size + 1)).sum()


def chi_square(counts, log_distribution):
    """Pearson's X^2 of counts against p.

    counts: whole, shape (K,). log_distribution: log p, shape (K,).
    Returns one number.

    >>> round(float(chi_square([6, 4], np.log([0.5, 0.5]))), 12)
    0.4
    """
    p = np.exp(real("log_distribution", log_distribution))
    return dice.chi_square(counts, p / p.sum())
