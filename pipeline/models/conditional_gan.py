"""Conditional GAN: both networks see the class.

    discriminator   min_D  E_(x,y)[-log D(x, y)] + E_(z,c)[-log(1 - D(G(z, c), c))]    minimax
    generator       min_G  E_(z,c)[-log D(G(z, c), c)]                               non_saturating
           or       min_G  E_(z,c)[log(1 - D(G(z, c), c))]                            minimax

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), equation 2. The class enters
each network as a one-hot vector appended to its input (pipeline/models/labelled.py).
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, generator_terms
from pipeline.models.labelled import LabelledGame
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(LabelledGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"

    def networks(self) -> dict[str, nn.Sequential]:
        return self.told_mlps()

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real = self.joint_logits(net, batch["x"], batch["label"])
        fake = self.joint_logits(net, self.sample(net, noise), self.asked(noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.joint_logits(net, self.sample(net, noise), self.asked(noise))
        return generator_terms(self.generator_objective, fake)

    def joint_logits(self, net: Nets, x: Tensor, label: Tensor) -> Tensor:
        """The logit of D(x, y) of each example and its class, shape (B,)."""
        return net.discriminator(self.with_class(x, label))[:, 0]
