"""The relativistic GAN with a gradient penalty at data and at samples.

    discriminator   min_D  E[-log s(a(x) - a(G(z)))]                             relativistic
                           + gamma/2 E_x[|da/dx|^2] + gamma/2 E_z[|da/dG(z)|^2]   gradient_penalty
    generator       min_G  E[-log s(a(G(z)) - a(x))]                             relativistic

Huang, Gokaslan, Kuleshov & Tompkin, "The GAN is dead; long live the GAN! A Modern GAN Baseline"
(2024), equations 2 and 3. With both penalties training converges locally. With R1, at the data
alone, the gradient at samples may grow without bound, as in the paper's section 2.

a is not a log-odds: the optimum determines it only up to a constant, so its values are scores.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import MlpGame, gradients
from pipeline.objectives import gradient_penalty, relativistic
from pipeline.study.fields import Count, NonNegative


def discriminator_terms(
    scores: Callable[[Tensor], Tensor], x: Tensor, made: Tensor, gamma: float
) -> Terms:
    """The discriminator's terms, (B,) each.

    scores: a, (B, features) -> (B,). x, made: data and samples, shape (B, features).
    gamma: the weight of both penalties.
    """
    real, fake = scores(x), scores(made)
    penalties = [gradient_penalty.zero_centred(gradients(scores, at)) for at in (x, made)]
    return {
        "relativistic": relativistic.discriminator_loss(real, fake),
        "gradient_penalty": gamma * (penalties[0] + penalties[1]),
    }


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    gamma: NonNegative = 10.0

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps(bias=False)  # a constant in a cancels in the loss

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, made = batch["x"], self.sample(net, noise)
        return discriminator_terms(lambda x: self.scores(net, x), x, made, self.gamma)

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.scores(net, batch["x"]), self.scores(net, self.sample(net, noise))
        return {"relativistic": relativistic.generator_loss(real, fake)}

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
