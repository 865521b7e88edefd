"""R1: a GAN with a gradient penalty on the discriminator at the data.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
                           + gamma/2 E_x[|da/dx|^2]                     gradient_penalty
    generator       min_G  E_z[-log D(G(z))]                           non_saturating

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
equation 9: where p_g = p_data the discriminator gains nothing from a gradient and is penalised for
it, so that training converges locally. The gradient is that of the logit a, not of D.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, MlpGame, generator_terms, gradients
from pipeline.objectives import gradient_penalty, minimax
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    gamma: NonNegative = 10.0

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps()

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        steepness = gradients(lambda x: self.logits(net, x), batch["x"])
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {
            "minimax": minimax.discriminator_loss(real, fake),
            "gradient_penalty": self.gamma * gradient_penalty.zero_centred(steepness),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.logits(net, self.sample(net, noise))
        return generator_terms(self.generator_objective, fake)

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
