"""PacDCGAN: a DCGAN whose discriminator sees m images together, each as a channel.

    discriminator   min_D  E[-log D(x_1, ..., x_m)]
                           + E[-log(1 - D(G(z_1), ..., G(z_m)))]      minimax
    generator       min_G  E[-log D(G(z_1), ..., G(z_m))]            non_saturating

Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial networks"
(2018), sections 2 and 4.2; networks of dcgan.py, which it is at m = 1. A batch of B examples is
B / m packs; a term is the mean over packs, one number.

Their published code gives D real pixels in [0, 1], while G ends in tanh, which reaches [-1, 1]:
real = "unit" does the same, and G's pixels are then read as such. With "signed" both fill
[-1, 1]. Code: https://github.com/fjxmlzn/PacGAN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution
from pipeline.models.adversarial import Game, GeneratorObjective, generator_terms
from pipeline.networks import deconvolutional
from pipeline.networks.packed import packed
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(Game):
    """Everything here is written for one replica; the ensemble adds the others.

    width: channels next to the image. depth: convolutions, each further one doubles the channels.
    """

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    pack: Count = 2  # m; divides the batch (pipeline/stages/check.py)
    real: Literal["signed", "unit"] = "signed"  # the range of real pixels that D sees
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that cannot be halved depth times

    def networks(self) -> dict[str, nn.Module]:
        inputs = self.latent + self.components
        return {
            "generator": deconvolutional.generator(inputs, self.width, self.shape, self.depth),
            "discriminator": packed(self.pack, self.shape, self.width, self.depth),
        }

    def prior(self) -> Mapping[str, Distribution]:
        return self.latent_prior()

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = batch["x"] if self.real == "signed" else (batch["x"] + 1) / 2
        real, fake = self.pack_logits(net, x), self.pack_logits(net, self.made(net, noise)[0])
        return {"minimax": minimax.discriminator_loss(real, fake).mean()}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.pack_logits(net, self.made(net, noise)[0])
        terms = generator_terms(self.generator_objective, fake)
        return {name: term.mean() for name, term in terms.items()}

    def pack_logits(self, net: Nets, x: Tensor) -> Tensor:
        """One logit per m consecutive examples, shape (B // m,); the remainder is left out."""
        packs = len(x) // self.pack
        return net.discriminator(x[: packs * self.pack].reshape(packs, -1))[0][:, 0]

    def made(self, net: Nets, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:
        """What G gives, normalised by the moments of its own batch, and those moments."""
        x, moments = net.generator(self.latents(noise))
        return x, moments

    def settle(self, net: Nets, noise: Noise) -> dict[str, dict[str, Tensor]]:
        return {"generator": self.made(net, noise)[1]}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        x = net.generator(self.latents(noise), True)[0]
        return x if self.real == "signed" else (2 * x - 1).clamp(min=-1.0)
