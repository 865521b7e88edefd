"""A relativistic GAN whose discriminator sees Fourier features of a point beside the point.

    a(x) = MLP(x, a_j sin(w_j x), a_j cos(w_j x))                                networks/fourier

The game is that of relativistic_gan.py. The grid's twenty-five modes have a width of 1/160 of the
data's extent, so the discriminator must resolve short and long lengths at once. With an MLP of the
point alone, the generated modes lie 2 to 5 standard deviations off their places; with wavelengths
from 12.6 to 0.8 they are found. Features: Tancik et al., "Fourier Features Let Networks Learn High
Frequency Functions in Low Dimensional Domains" (2020); the game with them is this study's own.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import MlpGame
from pipeline.models.relativistic_gan import discriminator_terms
from pipeline.networks.fourier import Fourier, width
from pipeline.networks.mlp import mlp
from pipeline.objectives import relativistic
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    gamma: NonNegative = 10.0
    octaves: Count = 5  # J, frequencies per coordinate

    def networks(self) -> dict[str, nn.Sequential]:
        seen, hidden = width(self.features, self.octaves), (self.width,) * self.depth
        networks = self.mlps()
        waves = nn.Sequential(Fourier(self.octaves), *mlp(seen, *hidden, 1))
        waves[-1].register_parameter("bias", None)  # a constant in a cancels in the loss
        return networks | {"discriminator": waves}

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
