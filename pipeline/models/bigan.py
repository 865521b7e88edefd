"""BiGAN, or ALI: a generator and an encoder that a discriminator cannot tell apart by pairs.

    discriminator   min_D    E_x[-log D(x, E(x))] + E_z[-log(1 - D(G(z), z))]    minimax
    generator       min_G,E  E_x[-log(1 - D(x, E(x)))] + E_z[-log D(G(z), z)]    bidirectional
           or       min_G,E  E_x[log D(x, E(x))] + E_z[log(1 - D(G(z), z))]      bidirectional

Donahue, Krahenbuhl & Darrell, "Adversarial Feature Learning" (2017), equation 3 and section 3.4;
Dumoulin et al., "Adversarially Learned Inference" (2017), equation 2. At the optimum the pairs
have one distribution, and a deterministic E (BiGAN) inverts G, though nothing in the loss compares
x with G(E(x)). With `encoder: gaussian` (ALI) E draws z = m + exp(v/2) e. G: (B, latent) ->
(B, features); E: (B, features) -> (B, latent), or m and v; D: (B, features + latent) -> (B, 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.adversarial import Game, GeneratorObjective, Output, mlps
from pipeline.networks.mlp import mlp
from pipeline.objectives import bidirectional, minimax
from pipeline.study.fields import Count

LOSSES = {
    "non_saturating": bidirectional.exchanged_loss,
    "minimax": bidirectional.minimax_loss,
}


@dataclass(frozen=True)
class Model(Game):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    output: Output = "linear"
    encoder: Literal["deterministic", "gaussian"] = "deterministic"

    def __post_init__(self) -> None:
        if self.components:
            raise ValueError("components must be 0: the encoder gives numbers and no category")

    def networks(self) -> dict[str, nn.Sequential]:
        networks, hidden = mlps(self, self.output), (self.width,) * self.depth
        networks["discriminator"][0] = nn.Linear(self.features + self.latent, self.width)
        codes = self.latent if self.encoder == "deterministic" else 2 * self.latent
        return networks | {"encoder": mlp(self.features, *hidden, codes)}

    def prior(self) -> Mapping[str, Distribution]:
        return self.latent_prior()

    def pair(self) -> tuple[Player, Player]:
        noise: dict[str, Distribution] = {**self.prior()}
        if self.encoder == "gaussian":
            noise["e"] = Normal((self.latent,))
        steps = self.generator_steps
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), noise, self.k),
            Player("generator", self.generator_loss, ("generator", "encoder"), noise, steps),
        )

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.latents(noise))

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        return {"minimax": minimax.discriminator_loss(*self.pairs(net, batch["x"], noise))}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        loss = LOSSES[self.generator_objective]
        return {self.generator_objective: loss(*self.pairs(net, batch["x"], noise))}

    def pairs(self, net: Nets, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        """The logits of (x, E(x)) and of (G(z), z), (B,) each."""
        real = self.joint_logits(net, x, self.drawn(net, x, noise))
        return real, self.joint_logits(net, self.sample(net, noise), self.latents(noise))

    def drawn(self, net: Nets, x: Tensor, noise: Noise) -> Tensor:
        """A code of each example: E(x), or a draw from N(m, exp(v)), (B, latent)."""
        if self.encoder == "deterministic":
            return net.encoder(x)
        mean, log_variance = net.encoder(x).chunk(2, dim=-1)
        return mean + (log_variance / 2).exp() * noise["e"]

    def joint_logits(self, net: Nets, x: Tensor, z: Tensor) -> Tensor:
        """The logit of D(x, z) of each pair, (B,)."""
        return net.discriminator(torch.cat([x, z], dim=-1))[:, 0]

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """E(x), or the mean of its Gaussian, (B, latent)."""
        return net.encoder(x)[:, : self.latent]

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        return net.generator(z)

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        """G(E(x)), which no term of the loss compares with x."""
        return self.decode(net, self.code(net, x))
