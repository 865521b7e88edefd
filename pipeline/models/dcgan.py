"""DCGAN: a GAN of convolutional networks with batch normalisation.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D(G(z))]                           non_saturating
           or       min_G  E_z[log(1 - D(G(z)))]                       minimax

Radford, Metz & Chintala, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks" (2016), section 3. In training both networks normalise by the
moments of the current batch, with real and generated examples in separate batches. For sampling,
the generator uses moments that are computed once from a large batch of latents (`settle`), so that
no sample depends on its batch; the discriminator's output always depends on the batch.
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

    width: channels next to the image. depth: convolutions, each further one doubles the channels.
    """

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    discriminator_width: Index = 0  # its channels next to the image; 0: as many as the generator's
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that cannot be halved depth times

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
        """Samples normalised by the moments of their own batch, and those moments."""
        x, moments = net.generator(self.latents(noise))
        return x, moments

    def settle(self, net: Nets, noise: Noise) -> dict[str, dict[str, Tensor]]:
        return {"generator": self.made(net, noise)[1]}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.latents(noise), True)[0]
