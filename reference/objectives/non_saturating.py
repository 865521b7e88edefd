"""The non-saturating generator loss, from its definition.

    L_G = E_z[ -log D(G(z)) ],    D = 1 / (1 + exp(-a))

so that -log D = log(1 + exp(-a)) and its gradient in the logit is D - 1. Goodfellow et al.,
"Generative Adversarial Nets" (2014), end of section 3.
"""

from reference.arrays import real
from reference.primitives import sigmoid, softplus


def generator_loss(fake_logits):
    """-log D(G(z)) of each generated example, in nats.

    fake_logits: logits a of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(generator_loss(-1000.0))
    1000.0
    """
    return softplus(-real("fake_logits", fake_logits, infinite=True))


def generator_loss_gradient(fake_logits):
    """Derivative of each example's loss in its own logit, D - 1, in (-1, 0).

    fake_logits: logits a of generated examples, shape (B,).
    Returns shape (B,).

    >>> float(generator_loss_gradient(-1000.0))
    -1.0
    """
    return -sigmoid(-real("fake_logits", fake_logits, infinite=True))
