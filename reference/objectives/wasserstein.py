"""The critic's game, from its definition.

    L_f = E_z[ f(G(z)) ] - E_x[ f(x) ],    L_G = -E_z[ f(G(z)) ]

linear in f, with gradients -1 at data, 1 at samples and -1 for the generator. Arjovsky et al.,
"Wasserstein GAN" (2017), equations 2 and 3.
"""

import numpy as np

from reference.arrays import broadcast, real, refuse


def discriminator_loss(real_scores, fake_scores):
    """f(G(z)) - f(x) of each pair.

    real_scores, fake_scores: f of real and of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(discriminator_loss(2.0, -3.0))
    -5.0
    """
    real_scores, fake_scores = broadcast(
        real_scores=real("real_scores", real_scores, True),
        fake_scores=real("fake_scores", fake_scores, True),
    )
    neither = np.isinf(real_scores) & (real_scores == fake_scores)
    refuse("fake_scores", fake_scores, neither, "finite where real_scores is infinite")
    return fake_scores - real_scores


def discriminator_loss_gradients(real_scores, fake_scores):
    """Derivatives of each pair's loss in f(x) and in f(G(z)): -1 and 1.

    real_scores, fake_scores: as above.
    Returns two arrays of shape (B,).

    >>> [float(s) for s in discriminator_loss_gradients(2.0, -3.0)]
    [-1.0, 1.0]
    """
    ones = np.ones_like(discriminator_loss(real_scores, fake_scores))
    return -ones, ones


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
