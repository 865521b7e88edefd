"""The relativistic game of pairs, from its definition.

    L_D = E[ -log s(t) ],    L_G = E[ -log s(-t) ],    t = a(x) - a(G(z))

so that with s(t) = 1 / (1 + exp(-t)) the first is log(1 + exp(-t)), whose gradient in t is -s(-t).
Jolicoeur-Martineau, "The relativistic discriminator" (2018), equations 7 and 8.
"""

import numpy as np

from reference.arrays import broadcast, real, refuse
from reference.primitives import sigmoid, softplus


def _difference(real_logits, fake_logits):
    real_logits, fake_logits = broadcast(
        real_logits=real("real_logits", real_logits, infinite=True),
        fake_logits=real("fake_logits", fake_logits, infinite=True),
    )
    neither = np.isinf(real_logits) & (real_logits == fake_logits)
    refuse("fake_logits", fake_logits, neither, "finite where real_logits is infinite")
    return real_logits - fake_logits


def discriminator_loss(real_logits, fake_logits):
    """-log s(a(x) - a(G(z))) of each pair, in nats.

    real_logits, fake_logits: a of real and of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(discriminator_loss(-1000.0, 0.0))
    1000.0
    """
    return softplus(-_difference(real_logits, fake_logits))


def discriminator_loss_gradients(real_logits, fake_logits):
    """Derivatives of each pair's loss in a(x) and in a(G(z)): opposite numbers.

    real_logits, fake_logits: as above.
    Returns two arrays of shape (B,), in (-1, 0) and (0, 1).

    >>> [float(s) for s in discriminator_loss_gradients(3.0, 3.0)]
    [-0.5, 0.5]
    """
    gradient = sigmoid(-_difference(real_logits, fake_logits))
    return -gradient, gradient


def generator_loss(real_logits, fake_logits):
    """-log s(a(G(z)) - a(x)) of each pair, in nats.

    real_logits, fake_logits: as above.
    Returns shape (B,).

    >>> float(generator_loss(1000.0, 0.0))
    1000.0
    """
    return softplus(_difference(real_logits, fake_logits))


def generator_loss_gradients(real_logits, fake_logits):
    """Derivatives of each pair's loss in a(x) and in a(G(z)): opposite numbers.

    real_logits, fake_logits: as above.
    Returns two arrays of shape (B,), in (0, 1) and (-1, 0).

    >>> [float(s) for s in generator_loss_gradients(3.0, 3.0)]
    [0.5, -0.5]
    """
    gradient = sigmoid(_difference(real_logits, fake_logits))
    return gradient, -gradient
