"""WGAN-GP: a critic that pays where its gradient is not 1, between data and samples.

    discriminator   min_f  E_z[f(G(z))] - E_x[f(x)]                         wasserstein
                           + lambda E[(|df/dx^| - 1)^2]                     gradient_penalty
    generator       min_G  -E_z[f(G(z))]                                    wasserstein

    x^ = e x + (1 - e) G(z),  one e for each example

Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), algorithm 1. The critic has no
batch norm: an example's gradient must be its own.
"""

from dataclasses import dataclass
from typing import Literal

from torch.func import grad

from pipeline.engine.randomness import Uniform
from pipeline.models import gan
from pipeline.objectives import gradient_penalty, wasserstein
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 5  # critic steps per round
    generator_objective: Literal["wasserstein"] = "wasserstein"  # type: ignore[assignment]
    penalty: NonNegative = 10.0  # lambda

    def networks(self):
        networks = super().networks()
        networks["discriminator"][-1].bias = None  # it cancels: only differences of f count
        return networks

    def discriminator_player(self):
        player = super().discriminator_player()
        return player._replace(noise={**player.noise, "epsilon": Uniform(())})

    def discriminator_loss(self, net, batch, noise):
        x, made = batch["x"], self.sample(net, noise)
        real, fake = self.logits(net, x), self.logits(net, made)
        # The gradient of a sum over examples, of which each depends on its own logit only.
        gradients = grad(lambda x: self.logits(net, x).sum())(
            gradient_penalty.between(x, made, noise["epsilon"])
        )
        return {
            "wasserstein": wasserstein.discriminator_loss(real, fake),
            "gradient_penalty": self.penalty * gradient_penalty.one_centred(gradients),
        }

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.sample(net, noise))
        return {"wasserstein": wasserstein.generator_loss(fake)}
