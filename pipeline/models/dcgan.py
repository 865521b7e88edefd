"""DCGAN: the game between convolutional, batch normalised networks.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D(G(z))]                           non_saturating
           or       min_G  E_z[log(1 - D(G(z)))]                       minimax

Radford, Metz & Chintala, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks" (2016), section 3. In training both normalise by the moments of
the batch before them, real and made ones apart. Samples are drawn by moments that were taken
once, of a large batch of latents (`settle`), so that none depends on its neighbours; what the
discriminator says of an example always depends on the batch that it is shown in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution
from pipeline.models.adversarial import Game, GeneratorObjective, generator_terms
from pipeline.networks import deconvolutional
from pipeline.objectives import minimax
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class Model(Game):
    """Everything here is written for one replica; the ensemble adds the others.

    width: channels beside the image, twice as many after each further one of depth convolutions.
    """

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    discriminator_width: Index = 0  # its channels beside the image; 0: as many as the generator's
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # a shape that cannot be halved so often is refused

    def networks(self) -> dict[str, nn.Module]:
        inputs, judging = self.latent + self.components, self.discriminator_width or self.width
        return {
            "generator": deconvolutional.generator(inputs, self.width, self.shape, self.depth),
            "discriminator": deconvolutional.discriminator(self.shape, judging, self.depth),
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
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.made(net, noise)[0])
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.logits(net, self.made(net, noise)[0])
        return generator_terms(self.generator_objective, fake)

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[0][:, 0]

    def made(self, net: Nets, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:
        """Examples by the moments of their own batch, and those moments."""
        x, moments = net.generator(self.latents(noise))
        return x, moments

    def settle(self, net: Nets, noise: Noise) -> dict[str, dict[str, Tensor]]:
        return {"generator": self.made(net, noise)[1]}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.latents(noise), True)[0]
