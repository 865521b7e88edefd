"""WGAN: a critic with clipped weights, so that its gradient is bounded.

    discriminator   min_f  E_z[f(G(z))] - E_x[f(x)],  |w| <= clip for every w of f    wasserstein
    generator       min_G  -E_z[f(G(z))]                                            wasserstein

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), algorithm 1: the critic takes k steps per
generator step, and after each its weights are clipped to [-clip, clip].
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import MlpGame
from pipeline.objectives import wasserstein
from pipeline.study.fields import Count, Positive


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 5  # critic steps per round
    clip: Positive = 0.01

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps(bias=False)  # a constant in f cancels in the loss

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        critic = Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k)
        return (
            critic._replace(project=lambda weights: weights.clamp(-self.clip, self.clip)),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.scores(net, batch["x"]), self.scores(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.scores(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.generator_loss(fake)}

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
