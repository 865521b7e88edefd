"""A GAN whose discriminator is read: its last hidden layer is a feature of an example.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D(G(z))]                           non_saturating
           or       min_G  E_z[log(1 - D(G(z)))]                       minimax
    feature         h(x),    log D / (1 - D) = w . h(x) + b

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 4; Radford, Metz &
Chintala (2016), section 5.1, use such features. The game is that of pipeline/models/gan.py, with
D in two pieces, of which the first is the code of an example.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, MlpGame, generator_terms
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"

    def networks(self) -> dict[str, nn.Sequential]:
        made = self.mlps()
        *trunk, head = made["discriminator"]
        pieces = {"trunk": nn.Sequential(*trunk), "head": nn.Sequential(head)}
        return {"generator": made["generator"], **pieces}

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("trunk", "head"), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.logits(net, self.sample(net, noise))
        return generator_terms(self.generator_objective, fake)

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.head(net.trunk(x))[:, 0]

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """h of each example, (B, width)."""
        return net.trunk(x)
