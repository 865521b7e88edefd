"""The networks and losses of the first GAN on MNIST.

    discriminator   min_D  (E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]) / 2      minimax
    generator       min_G  E_z[-log D(G(z))]                                 non_saturating

Goodfellow et al., "Generative Adversarial Nets" (2014), section 5, with the sizes of the published
code. G: z uniform in (-sqrt 3, sqrt 3), of variance 1, two ReLU layers, sigmoid pixels. D: two
maxout layers with dropout in the steps of both players, with separate masks for real and generated
examples; none in evaluation. Both networks work with pixels p in [0, 1]; data and samples here lie
in [-1, 1], as 2 p - 1. Weights start uniform within 0.05 (G) and 0.005 (D), biases at 0.
Departure: the published code starts G's last biases at the logits of the mean image, which a
network here does not know. At D = 1/2 the discriminator's loss is log 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Uniform
from pipeline.models.adversarial import GeneratorObjective, Moves, generator_terms, moving
from pipeline.networks.maxout import Maxout
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.study.fields import Count

KEPT = 0.8, 0.5  # the fractions of pixels and of maxout units that dropout keeps
SPREAD = {"generator": 0.05, "discriminator": 0.005}


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count = 100
    width: Count = 1200  # of G
    units: Count = 240  # of D
    pieces: Count = 5
    depth: Count = 2  # hidden layers of each network
    k: Count = 1  # discriminator steps per round
    moves: Moves = "both"
    generator_objective: GeneratorObjective = "non_saturating"

    def networks(self) -> dict[str, nn.Module]:
        layers = (self.units,) * self.depth
        kept = (KEPT[0], *KEPT[1:] * self.depth)
        hidden = (self.width,) * self.depth
        networks: dict[str, nn.Module] = {
            "generator": mlp(self.latent, *hidden, self.features, gradient=0.0),
            "discriminator": Maxout(self.features, *layers, 1, pieces=self.pieces, kept=kept),
        }
        for name, network in networks.items():
            for parameter in network.parameters():
                spread = SPREAD[name] if parameter.dim() > 1 else 0.0
                nn.init.uniform_(parameter, -spread, spread)
        return networks

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Uniform((self.latent,))}  # made z by latents()

    def latents(self, noise: Noise) -> Tensor:
        """z, (B, latent): of mean 0 and variance 1."""
        return sqrt(3) * (2 * noise["z"] - 1)

    def players(self) -> tuple[Player, ...]:
        return moving(self.pair(), self.moves)

    def pair(self) -> tuple[Player, Player]:
        """The discriminator and the generator, whether they play or not."""
        z, real, fake = self.prior(), self.dropout("real"), self.dropout("fake")
        judge, made = {**z, **real, **fake}, {**z, **fake}
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), judge, self.k),
            Player("generator", self.generator_loss, ("generator",), made),
        )

    def dropout(self, which: str) -> Mapping[str, Distribution]:
        """The uniform numbers that decide which inputs of each layer dropout keeps."""
        widths = (self.features, *(self.units,) * self.depth)
        return {f"{which}_{i}": Uniform((width,)) for i, width in enumerate(widths)}

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real = self.dropped_logits(net, batch["x"], noise, "real")
        fake = self.dropped_logits(net, self.sample(net, noise), noise, "fake")
        return {"minimax": minimax.discriminator_loss(real, fake) / 2}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.dropped_logits(net, self.sample(net, noise), noise, "fake")
        return generator_terms(self.generator_objective, fake)

    def dropped_logits(self, net: Nets, x: Tensor, noise: Noise, which: str) -> Tensor:
        """The logits under dropout, (B,). which: "real" or "fake", whose masks are used."""
        uniform = (noise[name] for name in self.dropout(which))
        return net.discriminator((x + 1) / 2, *uniform)[:, 0]

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator((x + 1) / 2)[:, 0]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return 2 * net.generator(self.latents(noise)).sigmoid() - 1
