"""PacGAN: a discriminator that judges m examples together.

    discriminator   min_D  E[-log D(x_1, ..., x_m)]
                           + E[-log(1 - D(G(z_1), ..., G(z_m)))]      minimax
    generator       min_G  E[-log D(G(z_1), ..., G(z_m))]            non_saturating
           or       min_G  E[log(1 - D(G(z_1), ..., G(z_m)))]        minimax

Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial networks"
(2018), section 2. A pack is all real or all made, so the game is that of p^m and p_g^m, and of
two generators as far from p the one that lacks modes is found out more easily. A batch of B
examples is B / m packs, and a term is their mean, one number. D: (B / m, m features) -> logits.
"""

from dataclasses import dataclass

from pipeline.models import gan
from pipeline.networks.mlp import mlp
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    pack: Count = 2  # m; divides the batch (pipeline/study/reader.py)

    def networks(self):
        hidden = (self.width,) * self.depth
        return super().networks() | {"discriminator": mlp(self.pack * self.features, *hidden, 1)}

    def discriminator_loss(self, net, batch, noise):
        return _mean(super().discriminator_loss(net, batch, noise))

    def generator_loss(self, net, batch, noise):
        return _mean(super().generator_loss(net, batch, noise))

    def logits(self, net, x):
        """One for m neighbours, shape (B // m,); what is left over at the end is not judged."""
        packs = len(x) // self.pack
        return net.discriminator(x[: packs * self.pack].reshape(packs, -1))[:, 0]


def _mean(terms):
    return {name: term.mean() for name, term in terms.items()}
