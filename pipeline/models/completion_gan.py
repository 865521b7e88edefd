"""All conditionals in one generator: what is missing of x is drawn, given the rest.

    y = m x + (1 - m) G(m x, m, z),    m a mask of zeros and ones, m_i = 1 where x_i is known
    discriminator   min_D  E_(x,m)[-log D(x, m)] + E_(x,m,z)[-log(1 - D(y, m))]    minimax
    generator       min_G  E_(x,m,z)[-log D(y, m)]                                non_saturating
           or       min_G  E_(x,m,z)[log(1 - D(y, m))]                            minimax

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 3: p(x_S | x_rest)
for all subsets S by a family that shares its parameters; with a discriminator of whole examples as
Pathak et al., "Context Encoders" (2016), equation 2, without their reconstruction term, which
would ask for the mean. y keeps what is known, so that p(y, m) = p(x, m) at the optimum says
p(y_S | x_rest, m) = p(x_S | x_rest) for each mask. Masks: pipeline/models/completing.py. With
nothing known G draws whole examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.adversarial import GeneratorObjective, Output, generator_terms
from pipeline.models.completing import Completing
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(Completing):
    """Everything here is written for one replica; the ensemble adds the others."""

    latent: Count
    width: Count
    depth: Count = 2  # hidden layers of each network
    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    output: Output = "linear"

    def networks(self) -> dict[str, nn.Sequential]:
        hidden = (self.width,) * self.depth
        generator = mlp(2 * self.features + self.latent, *hidden, self.features)
        if self.output == "tanh":
            generator.append(nn.Tanh())
        return {"generator": generator, "discriminator": mlp(2 * self.features, *hidden, 1)}

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def completion_noise(self) -> Mapping[str, Distribution]:
        return self.prior()

    def players(self) -> tuple[Player, ...]:
        noise = {**self.prior(), **self.mask_noise()}
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), noise, self.k),
            Player("generator", self.generator_loss, ("generator",), noise),
        )

    def complete(self, net: Nets, x: Tensor, mask: Tensor, noise: Noise) -> Tensor:
        """y: x where it is known, a draw of the rest, (B, features)."""
        known = mask * x
        made = net.generator(torch.cat([known, mask, noise["z"]], dim=-1))
        return known + (1 - mask) * made

    def masked_logits(self, net: Nets, x: Tensor, mask: Tensor) -> Tensor:
        """The logit of D(x, m) of each example, (B,)."""
        return net.discriminator(torch.cat([x, mask], dim=-1))[:, 0]

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, mask = batch["x"], self.mask(noise)
        real = self.masked_logits(net, x, mask)
        fake = self.masked_logits(net, self.complete(net, x, mask, noise), mask)
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        mask = self.mask(noise)
        made = self.complete(net, batch["x"], mask, noise)
        return generator_terms(self.generator_objective, self.masked_logits(net, made, mask))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """Examples of which nothing was known, (B, features)."""
        nothing = noise["z"].new_zeros(len(noise["z"]), self.features)
        return self.complete(net, nothing, nothing, noise)
