"""The minimax game of the discriminator and the generator.

    V(D, G) = E_x[ log D(x) ] + E_z[ log(1 - D(G(z))) ],    D = 1 / (1 + exp(-a))

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1. The discriminator
maximises V: its loss here is -V, minimal at D* = p_data / (p_data + p_g). The generator
minimises V; only the second term depends on it.
"""

from torch import Tensor
from torch.nn.functional import logsigmoid


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))) of each pair of a real and a generated example, in nats.

    real_logits: the discriminator's logits a of real examples, shape (B,).
    fake_logits: its logits of generated examples, shape (B,).
    Returns shape (B,).
    """
    # 1 - D(a) = D(-a). Never log(1 - sigmoid(a)): it is -inf above a = 17 in float32.
    return -logsigmoid(real_logits) - logsigmoid(-fake_logits)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """log(1 - D(G(z))) of each generated example, in nats: at most 0; it saturates at D = 0.

    fake_logits: the discriminator's logits a of generated examples, shape (B,).
    Returns shape (B,).
    """
    return logsigmoid(-fake_logits)
