"""The least-squares game, from its definition.

    L_D = 1/2 E_x[ (D(x) - b)^2 ] + 1/2 E_z[ (D(G(z)) - a)^2 ]
    L_G = 1/2 E_z[ (D(G(z)) - c)^2 ]

so that the gradients in D are D - b, D - a and D - c. Mao et al., "Least Squares Generative
Adversarial Networks" (2017), equation 2.
"""

import numpy as np

from reference.arrays import broadcast, number, real


@np.errstate(all="ignore")
def discriminator_loss(real_scores, fake_scores, a=0.0, b=1.0):
    """((D(x) - b)^2 + (D(G(z)) - a)^2) / 2 of each pair.

    real_scores, fake_scores: D of real and of generated examples, shape (B,). a, b: D's targets
    for generated and for real examples.
    Returns shape (B,).

    >>> float(discriminator_loss(0.5, 0.5))
    0.25
    """
    in_real, in_fake = discriminator_loss_gradients(real_scores, fake_scores, a, b)
    return 0.5 * in_real**2 + 0.5 * in_fake**2


def discriminator_loss_gradients(real_scores, fake_scores, a=0.0, b=1.0):
    """Derivatives of each pair's loss in D(x) and in D(G(z)).

    real_scores, fake_scores, a, b: as above.
    Returns two arrays of shape (B,).

    >>> [float(s) for s in discriminator_loss_gradients(0.5, 0.5)]
    [-0.5, 0.5]
    """
    real_scores, fake_scores = broadcast(
        real_scores=real("real_scores", real_scores, True),
        fake_scores=real("fake_scores", fake_scores, True),
    )
    return real_scores - number("b", b), fake_scores - number("a", a)


@np.errstate(all="ignore")
def generator_loss(fake_scores, c=1.0):
    """(D(G(z)) - c)^2 / 2 of each generated example.

    fake_scores: D of generated examples, shape (B,). c: the generator's target.
    Returns shape (B,).

    >>> float(generator_loss(-1.0))
    2.0
    """
    return 0.5 * generator_loss_gradient(fake_scores, c) ** 2


def generator_loss_gradient(fake_scores, c=1.0):
    """Derivative of each example's loss in its own D: D - c.

    fake_scores, c: as above.
    Returns shape (B,).

    >>> float(generator_loss_gradient(-1.0))
    -2.0
    """
    return real("fake_scores", fake_scores, True) - number("c", c)
