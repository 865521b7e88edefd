"""WGAN: a critic whose weights are kept small, so that its gradient is bounded.

    discriminator   min_f  E_z[f(G(z))] - E_x[f(x)],  |w| <= clip for every w of f    wasserstein
    generator       min_G  -E_z[f(G(z))]                                            wasserstein

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), algorithm 1: the critic takes k steps for
one of the generator, and after each its weights are cut to [-clip, clip].
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.models import gan
from pipeline.objectives import wasserstein
from pipeline.study.fields import Count, Positive


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 5  # critic steps per round
    generator_objective: Literal["wasserstein"] = "wasserstein"  # type: ignore[assignment]
    clip: Positive = 0.01

    def networks(self):
        networks = super().networks()
        networks["discriminator"][-1].bias = None  # it cancels: only differences of f count
        return networks

    def discriminator_player(self):
        player = super().discriminator_player()
        return player._replace(project=lambda weights: weights.clamp(-self.clip, self.clip))

    def discriminator_loss(self, net, batch, noise):
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.discriminator_loss(real, fake)}

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.generator_loss(fake)}
