"""GAN: a generator and a discriminator, one against the other.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D(G(z))]                           non_saturating
           or       min_G  E_z[log(1 - D(G(z)))]                       minimax

Goodfellow et al., "Generative Adversarial Nets" (2014), algorithm 1 with k steps of the
discriminator per round. G: (B, latent) -> (B, features); D: (B, features) -> (B,) logits.

A continuous G maps a connected latent to a connected set, and between modes that lie apart it
must put samples that are none of theirs. With `components` K the latent is a pair of z and one
of K categories, whose pieces lie apart too: Chen et al., "InfoGAN" (2016), section 4, without
the information term. The category is one-hot times sqrt(K), as long as K normal numbers are.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from pipeline.engine.ensemble import Player
from pipeline.engine.randomness import Integers, Normal
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax, non_saturating
from pipeline.study.fields import Count, Index

GENERATOR_LOSSES = {
    "non_saturating": non_saturating.generator_loss,
    "minimax": minimax.generator_loss,
}


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count
    depth: Count = 2  # hidden layers of each network
    components: Index = 0  # categories K of the latent's second part; 0: there is none
    k: Count = 1  # discriminator steps per round
    generator_steps: Count = 1
    moves: Literal["both", "discriminator", "generator"] = "both"  # the other is as it began
    generator_objective: Literal["non_saturating", "minimax"] = "non_saturating"
    output: Literal["linear", "tanh"] = "linear"  # tanh where data fill [-1, 1]

    def networks(self):
        hidden = (self.width,) * self.depth
        generator = mlp(self.latent + self.components, *hidden, self.features)
        if self.output == "tanh":
            generator.append(torch.nn.Tanh())
        return {"generator": generator, "discriminator": mlp(self.features, *hidden, 1)}

    def prior(self):
        component = {"component": Integers(self.components)} if self.components else {}
        return {"z": Normal((self.latent,))} | component

    def players(self):
        players = self.discriminator_player(), self.generator_player()
        return tuple(p for p in players if self.moves in ("both", p.name))

    def discriminator_player(self):
        moves, noise = ("discriminator",), self.prior()
        return Player("discriminator", self.discriminator_loss, moves, noise, self.k)

    def generator_player(self):
        moves, noise = ("generator",), self.prior()
        return Player("generator", self.generator_loss, moves, noise, self.generator_steps)

    def discriminator_loss(self, net, batch, noise):
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.sample(net, noise))
        return {self.generator_objective: GENERATOR_LOSSES[self.generator_objective](fake)}

    def logits(self, net, x):
        return net.discriminator(x)[:, 0]

    def sample(self, net, noise):
        return net.generator(self.latents(noise))

    def latents(self, noise):
        """What the generator is given, shape (B, latent + components)."""
        z = noise["z"]
        if not self.components:
            return z
        categories = torch.arange(self.components, device=z.device)
        chosen = noise["component"][:, None] == categories  # one_hot looks at the values
        return torch.cat([z, self.components**0.5 * chosen.to(z.dtype)], dim=-1)
