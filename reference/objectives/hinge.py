"""The hinge game, from its definition.

    L_D = E_x[ max(0, 1 - f(x)) ] + E_z[ max(0, 1 + f(G(z))) ],    L_G = -E_z[ f(G(z)) ]

with gradients -1 at data with f < 1, 1 at samples with f > -1, else 0, also at the kinks, as in
Torch. Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018),
equations 16 and 17.
"""

import numpy as np

from reference.arrays import broadcast, real


def _pairs(real_scores, fake_scores):
    return broadcast(
        real_scores=real("real_scores", real_scores, True),
        fake_scores=real("fake_scores", fake_scores, True),
    )


def discriminator_loss(real_scores, fake_scores):
    """max(0, 1 - f(x)) + max(0, 1 + f(G(z))) of each pair.

    real_scores, fake_scores: f of real and of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(discriminator_loss(0.0, 0.0))
    2.0
    """
    real_scores, fake_scores = _pairs(real_scores, fake_scores)
    return np.maximum(0.0, 1 - real_scores) + np.maximum(0.0, 1 + fake_scores)


def discriminator_loss_gradients(real_scores, fake_scores):
    """Derivatives of each pair's loss in f(x) and in f(G(z)).

    real_scores, fake_scores: as above.
    Returns two arrays of shape (B,).

    >>> [float(s) for s in discriminator_loss_gradients(1.0, 0.5)]
    [0.0, 1.0]
    """
    real_scores, fake_scores = _pairs(real_scores, fake_scores)
    return np.where(real_scores < 1, -1.0, 0.0), np.where(fake_scores > -1, 1.0, 0.0)


def generator_loss(fake_scores):
    """-f(G(z)) of each generated example.

    fake_scores: f of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(generator_loss(-3.0))
    3.0
    """
    return -real("fake_scores", fake_scores, True)


def generator_loss_gradient(fake_scores):
    """Derivative of each example's loss in its own f: -1 everywhere.

    fake_scores: as above.
    Returns shape (B,).

    >>> float(generator_loss_gradient(-1000.0))
    -1.0
    """
    return -np.ones_like(real("fake_scores", fake_scores, True))
