"""A GAN whose latents are drawn uniformly, from a Gaussian, or from a mixture that is learned.

    z = sqrt(3) (2 u - 1)            u uniform: variance 1, as the normal numbers have
    z = e                            e ~ N(0, I)
    z = m_c + s_c e                  c uniform in 1 ... K;  m and s learned with G
    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D(G(z))]                           non_saturating
           or       min_G  E_z[log(1 - D(G(z)))]                       minimax

Goodfellow et al., "Generative Adversarial Nets" (2014), whose own latents are uniform, and whose
section 6, extension 5, asks for "better distributions to sample z from during training";
Gurumurthy, Sarvadevabhatla & Babu, "DeLiGAN" (2017), equation 4, for the mixture, without their
penalty on s. The game is that of pipeline/models/gan.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal, Uniform
from pipeline.models.adversarial import GeneratorObjective, Output, generator_terms
from pipeline.networks.mixture import Mixture
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count
    depth: Count = 2  # hidden layers of each network
    k: Count = 1  # discriminator steps per round
    generator_steps: Count = 1
    generator_objective: GeneratorObjective = "non_saturating"
    output: Output = "linear"
    noise: Literal["uniform", "normal", "mixture"] = field(kw_only=True)
    parts: Count = 8  # K, of the mixture

    def networks(self) -> Mapping[str, nn.Module]:
        hidden = (self.width,) * self.depth
        generator = mlp(self.latent, *hidden, self.features)
        if self.output == "tanh":
            generator.append(nn.Tanh())
        made: dict[str, nn.Module] = {
            "generator": generator,
            "discriminator": mlp(self.features, *hidden, 1),
        }
        return made | ({"latents": Mixture(self.parts, self.latent)} if self.mixed else {})

    @property
    def mixed(self) -> bool:
        return self.noise == "mixture"

    def prior(self) -> Mapping[str, Distribution]:
        if self.noise == "uniform":
            return {"u": Uniform((self.latent,))}
        e: dict[str, Distribution] = {"z": Normal((self.latent,))}
        return e | ({"part": Integers(self.parts)} if self.mixed else {})

    def pair(self) -> tuple[Player, Player]:
        z, moved = self.prior(), ("generator", "latents") if self.mixed else ("generator",)
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, moved, z, self.generator_steps),
        )

    def players(self) -> tuple[Player, ...]:
        return self.pair()

    def latents(self, net: Nets, noise: Noise) -> Tensor:
        """z, (B, latent)."""
        if self.noise == "uniform":
            return 3**0.5 * (2 * noise["u"] - 1)
        return net.latents(noise["z"], noise["part"]) if self.mixed else noise["z"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.latents(net, noise))

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.logits(net, self.sample(net, noise))
        return generator_terms(self.generator_objective, fake)

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
