"""DiscoGAN: two maps between two domains, learned without pairs, through a narrow middle.

    discriminator   min_D  E_(x,y)[ -log D_B(y) - log(1 - D_B(G(x))) ]                minimax
                           + the same of D_A, x and F(y)
    generator       min_G,F  E_x[ -log D_B(G(x)) ] + E_y[ -log D_A(F(y)) ]     non_saturating
                           + w E_x[ 1/n |F(G(x)) - x|^2 ]                       squared_error
                           + w E_y[ 1/n |G(F(y)) - y|^2 ]                       squared_error

Kim, Cha, Kim, Lee & Kim, "Learning to Discover Cross-Domain Relations with Generative Adversarial
Networks" (2017), equations 3 to 9, with mean squared error for their distance d and w = 1. As
there, the maps are encoders and decoders without skips, and a discriminator sees the whole image:
both differ from CycleGAN's. Departures: no batch normalisation, and the middle has
2^(depth - 1) width channels of H W / 4^depth pixels, in place of one of 100 numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Terms
from pipeline.models.two_domains import TwoDomains
from pipeline.networks import convolutional
from pipeline.networks.unet import UNet
from pipeline.objectives import minimax, non_saturating
from pipeline.objectives.squared_error import squared_error
from pipeline.study.fields import NonNegative


@dataclass(frozen=True)
class Model(TwoDomains):
    """Everything here is written for one replica; the ensemble adds the others."""

    cycle_weight: NonNegative = 1.0  # w

    def networks(self) -> Mapping[str, nn.Module]:
        size = self.shape, self.width
        return {
            "to_b": UNet(*size, self.depth, skips=False),
            "to_a": UNet(*size, self.depth, skips=False),
            "discriminator_b": convolutional.encoder(*size, 1),
            "discriminator_a": convolutional.encoder(*size, 1),
        }

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, y = batch["a_x"], batch["b_x"]

        def loss(real: Tensor, fake: Tensor) -> Tensor:
            return minimax.discriminator_loss(real, fake)[:, 0]

        return {
            "minimax_b": loss(net.discriminator_b(y), net.discriminator_b(net.to_b(x))),
            "minimax_a": loss(net.discriminator_a(x), net.discriminator_a(net.to_a(y))),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, y = batch["a_x"], batch["b_x"]
        there, back = net.to_b(x), net.to_a(y)
        judged = {"b": net.discriminator_b(there), "a": net.discriminator_a(back)}
        w = self.cycle_weight / self.features
        return {
            **{
                f"non_saturating_{domain}": non_saturating.generator_loss(logits)[:, 0]
                for domain, logits in judged.items()
            },
            "cycle_a": w * squared_error(x, net.to_a(there)),
            "cycle_b": w * squared_error(y, net.to_b(back)),
        }
