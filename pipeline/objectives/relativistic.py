"""The relativistic game: is a real example more realistic than a generated one?

    L_D = E[ -log s(a(x) - a(G(z))) ]
    L_G = E[ -log s(a(G(z)) - a(x)) ],    s(t) = 1 / (1 + exp(-t))

Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from standard GAN"
(2018), equations 7 and 8: x and z are drawn in pairs. Huang, Gokaslan, Kuleshov & Tompkin, "The
GAN is dead; long live the GAN! A Modern GAN Baseline" (2024), equation 2, return to it: as only
differences within a pair count, no single threshold between data and samples wins the game.
"""

from torch import Tensor
from torch.nn.functional import logsigmoid


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log s(a(x) - a(G(z))) of each pair of a real and a generated example, in nats.

    real_logits: the discriminator's a of real examples, shape (B,). fake_logits: of generated
    ones, shape (B,). A constant added to both changes nothing.
    Returns shape (B,).
    """
    return -logsigmoid(real_logits - fake_logits)


def generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log s(a(G(z)) - a(x)) of each pair of a real and a generated example, in nats.

    real_logits, fake_logits: the discriminator's a, shape (B,).
    Returns shape (B,).
    """
    return -logsigmoid(fake_logits - real_logits)
