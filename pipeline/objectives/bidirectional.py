"""The game in which a discriminator sees an example and its code together.

    V(D, G, E) = E_x[ log D(x, E(x)) ] + E_z[ log(1 - D(G(z), z)) ],    D = 1 / (1 + exp(-a))
    encoder and generator    min  V                                          minimax
                       or    min  E_x[-log(1 - D(x, E(x)))] + E_z[-log D(G(z), z)]

Donahue, Krahenbuhl & Darrell, "Adversarial Feature Learning" (2017), equation 3 and section 3.4;
Dumoulin et al., "Adversarially Learned Inference" (2017), equation 2. Unlike in a GAN both terms
reach the other side: the encoder's examples are the real ones. In the second form the labels are
exchanged, which has the same fixed point and a gradient where D is sure. The discriminator's own
loss is -V, that of pipeline/objectives/minimax.py.
"""

from torch import Tensor
from torch.nn.functional import logsigmoid


def minimax_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """log D(x, E(x)) + log(1 - D(G(z), z)) of each pair, in nats, at most 0.

    real_logits: the logits a of examples and their codes, shape (B,).
    fake_logits: those of samples and their latents, shape (B,).
    Returns shape (B,).
    """
    return logsigmoid(real_logits) + logsigmoid(-fake_logits)


def exchanged_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log(1 - D(x, E(x))) - log D(G(z), z) of each pair, in nats, at least 0.

    real_logits, fake_logits: as above.
    Returns shape (B,).
    """
    return -logsigmoid(-real_logits) - logsigmoid(fake_logits)
