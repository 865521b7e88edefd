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

from dataclasses import dataclass, field
from typing import Literal

from pipeline.models import gan
from pipeline.networks import deconvolutional
from pipeline.objectives import minimax
from pipeline.study.fields import Index


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others.

    width: channels beside the image, twice as many after each further one of depth convolutions.
    """

    output: Literal["tanh"] = "tanh"
    discriminator_width: Index = 0  # its channels beside the image; 0: as many as the generator's
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self):
        self.networks()  # a shape that cannot be halved so often is refused

    def networks(self):
        inputs, judging = self.latent + self.components, self.discriminator_width or self.width
        return {
            "generator": deconvolutional.generator(inputs, self.width, self.shape, self.depth),
            "discriminator": deconvolutional.discriminator(self.shape, judging, self.depth),
        }

    def discriminator_loss(self, net, batch, noise):
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.made(net, noise)[0])
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.made(net, noise)[0])
        return {self.generator_objective: gan.GENERATOR_LOSSES[self.generator_objective](fake)}

    def logits(self, net, x):
        return net.discriminator(x)[0][:, 0]

    def made(self, net, noise):
        """Examples by the moments of their own batch, and those moments."""
        return net.generator(self.latents(noise))

    def settle(self, net, noise):
        return {"generator": self.made(net, noise)[1]}

    def sample(self, net, noise):
        return net.generator(self.latents(noise), True)[0]
