"""LSGAN: least squares in place of cross-entropy, with a target value for each player.

    discriminator   min_D  1/2 E_x[(D(x) - b)^2] + 1/2 E_z[(D(G(z)) - a)^2]     least_squares
    generator       min_G  1/2 E_z[(D(G(z)) - c)^2]                            least_squares

Mao et al., "Least Squares Generative Adversarial Networks" (2017), equation 2. The gradient in D
does not vanish where D is certain. a, b, c = 0, 1, 1 is the paper's equation 9; -1, 1, 0 its
equation 8, the Pearson divergence.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import MlpGame
from pipeline.objectives import least_squares
from pipeline.study.fields import Count, Real


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    a: Real = 0.0  # D's target for generated examples
    b: Real = 1.0  # D's target for real ones
    c: Real = 1.0  # the generator's target for D(G(z))

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps()

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.scores(net, batch["x"]), self.scores(net, self.sample(net, noise))
        return {"least_squares": least_squares.discriminator_loss(real, fake, self.a, self.b)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.scores(net, self.sample(net, noise))
        return {"least_squares": least_squares.generator_loss(fake, self.c)}

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
