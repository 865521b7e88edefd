"""The minimax game, from its definition.

    V(D, G) = E_x[ log D(x) ] + E_z[ log(1 - D(G(z))) ],    D = 1 / (1 + exp(-a))

so that log D = -log(1 + exp(-a)), log(1 - D) = -log(1 + exp(a)), and their gradients in the
logit are 1 - D and -D. Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1.
"""

from reference.arrays import broadcast, real
from reference.primitives import sigmoid, softplus


def discriminator_loss(real_logits, fake_logits):
    """-log D(x) - log(1 - D(G(z))) of each pair, in nats.

    real_logits, fake_logits: logits a of real and of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(discriminator_loss(0.0, 0.0)) == float(2 * softplus(0.0))
    True
    """
    real_logits, fake_logits = broadcast(
        real_logits=real("real_logits", real_logits, infinite=True),
        fake_logits=real("fake_logits", fake_logits, infinite=True),
    )
    return softplus(-real_logits) + softplus(fake_logits)


def discriminator_loss_gradients(real_logits, fake_logits):
    """Derivatives of each pair's loss in the real and in the fake logit: D - 1 and D.

    real_logits, fake_logits: logits a, shape (B,).
    Returns two arrays of shape (B,), in (-1, 0) and (0, 1).

    >>> [float(s) for s in discriminator_loss_gradients(0.0, 0.0)]
    [-0.5, 0.5]
    """
    real_logits, fake_logits = broadcast(
        real_logits=real("real_logits", real_logits, infinite=True),
        fake_logits=real("fake_logits", fake_logits, infinite=True),
    )
    return -sigmoid(-real_logits), sigmoid(fake_logits)


def generator_loss(fake_logits):
    """log(1 - D(G(z))) of each generated example, in nats, at most 0.

    fake_logits: logits a of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(generator_loss(1000.0))
    -1000.0
    """
    return -softplus(real("fake_logits", fake_logits, infinite=True))


def generator_loss_gradient(fake_logits):
    """Derivative of each example's loss in its own logit, -D, in (-1, 0).

    fake_logits: logits a of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(generator_loss_gradient(-1000.0)) == 0
    True
    """
    return -sigmoid(real("fake_logits", fake_logits, infinite=True))
