"""What encoder and generator minimise where a discriminator sees example and code together.

    V(D, G, E) = E_x[ log D(x, E(x)) ] + E_z[ log(1 - D(G(z), z)) ],    D = 1 / (1 + exp(-a))

or the same with the labels exchanged. Donahue, Krahenbuhl & Darrell, "Adversarial Feature
Learning" (2017), equation 3 and section 3.4.
"""

from reference.arrays import broadcast, real
from reference.primitives import sigmoid, softplus


def _arguments(real_logits, fake_logits):
    return broadcast(
        real_logits=real("real_logits", real_logits, infinite=True),
        fake_logits=real("fake_logits", fake_logits, infinite=True),
    )


def minimax_loss(real_logits, fake_logits):
    """log D(x, E(x)) + log(1 - D(G(z), z)) of each pair, in nats.

    real_logits, fake_logits: logits a, shape (B,). Returns shape (B,).

    >>> float(minimax_loss(0.0, 0.0)) == float(-2 * softplus(0.0))
    True
    """
    real_logits, fake_logits = _arguments(real_logits, fake_logits)
    return -softplus(-real_logits) - softplus(fake_logits)


def minimax_loss_gradients(real_logits, fake_logits):
    """Derivatives in the two logits: 1 - D and -D.

    >>> [float(g) for g in minimax_loss_gradients(0.0, 0.0)]
    [0.5, -0.5]
    """
    real_logits, fake_logits = _arguments(real_logits, fake_logits)
    return sigmoid(-real_logits), -sigmoid(fake_logits)


def exchanged_loss(real_logits, fake_logits):
    """-log(1 - D(x, E(x))) - log D(G(z), z) of each pair, in nats.

    >>> float(exchanged_loss(-1000.0, 1000.0))
    0.0
    """
    real_logits, fake_logits = _arguments(real_logits, fake_logits)
    return softplus(real_logits) + softplus(-fake_logits)


def exchanged_loss_gradients(real_logits, fake_logits):
    """Derivatives in the two logits: D and D - 1.

    >>> [float(g) for g in exchanged_loss_gradients(0.0, 0.0)]
    [0.5, -0.5]
    """
    real_logits, fake_logits = _arguments(real_logits, fake_logits)
    return sigmoid(real_logits), -sigmoid(-fake_logits)
