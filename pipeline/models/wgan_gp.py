"""WGAN-GP: a critic with a penalty where its gradient norm between data and samples is not 1.

    discriminator   min_f  E_z[f(G(z))] - E_x[f(x)]                         wasserstein
                           + lambda E[(|df/dx^| - 1)^2]                     gradient_penalty
    generator       min_G  -E_z[f(G(z))]                                    wasserstein

    x^ = e x + (1 - e) G(z),  one e ~ U[0, 1) per example

Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), algorithm 1. The critic has no
batch norm: an example's gradient must be its own.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Uniform
from pipeline.models.adversarial import MlpGame, gradients
from pipeline.objectives import gradient_penalty, wasserstein
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 5  # critic steps per round
    penalty: NonNegative = 10.0  # lambda

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps(bias=False)  # a constant in f cancels in the loss

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        mixed = {**z, "epsilon": Uniform(())}
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), mixed, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, made = batch["x"], self.sample(net, noise)
        real, fake = self.scores(net, x), self.scores(net, made)
        between = gradient_penalty.between(x, made, noise["epsilon"])
        steepness = gradients(lambda x: self.scores(net, x), between)
        return {
            "wasserstein": wasserstein.discriminator_loss(real, fake),
            "gradient_penalty": self.penalty * gradient_penalty.one_centred(steepness),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.scores(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.generator_loss(fake)}

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
