"""Auxiliary classifier GAN: the discriminator does not see the class but has to predict it.

    discriminator   min_D  E_x[-log D(x)] + E_(z,c)[-log(1 - D(G(z, c)))]         minimax
                           + w E_(x,y)[-log P(y | x)]                             cross_entropy
                           + w E_(z,c)[-log P(c | G(z, c))]                       cross_entropy
    generator       min_G  E_(z,c)[-log D(G(z, c))]                              non_saturating
           or       min_G  E_(z,c)[log(1 - D(G(z, c)))]                           minimax
                           + w E_(z,c)[-log P(c | G(z, c))]                       cross_entropy

Odena, Olah & Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs" (2017),
equations 2 and 3. One network has two heads on its last layer: the first of its 1 + K outputs is
the logit of D, the others are the logits of P. Both players gain by a class that P predicts well,
so unlike the conditional GAN this game rewards samples that are easier to classify than the data.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, generator_terms
from pipeline.models.labelled import LabelledGame
from pipeline.objectives import minimax
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(LabelledGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    class_weight: NonNegative = 1.0  # w

    def networks(self) -> dict[str, nn.Sequential]:
        networks = self.told_mlps()
        networks["discriminator"][0] = nn.Linear(self.features, self.width)
        networks["discriminator"][-1] = nn.Linear(self.width, 1 + self.classes)
        return networks

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, made = (net.discriminator(x) for x in (batch["x"], self.sample(net, noise)))
        return {
            "minimax": minimax.discriminator_loss(real[:, 0], made[:, 0]),
            "real_class": self.class_weight * cross_entropy(real[:, 1:], batch["label"]),
            "fake_class": self.class_weight * cross_entropy(made[:, 1:], self.asked(noise)),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        made = net.discriminator(self.sample(net, noise))
        return {
            **generator_terms(self.generator_objective, made[:, 0]),
            "fake_class": self.class_weight * cross_entropy(made[:, 1:], self.asked(noise)),
        }

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
