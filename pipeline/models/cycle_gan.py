"""CycleGAN: two maps between two domains, learned without pairs, each the other's inverse.

    discriminator   min_D  E_y[ 1/P sum_p ((D_B(y) - 1)^2 + D_B(G(x))^2) / 2 ]    least_squares
                           + the same of D_A, x and F(y)
    generator       min_G,F  E_x[ 1/P sum_p (D_B(G(x)) - 1)^2 / 2 ]               least_squares
                           + the same of D_A and F(y)
                           + w E_x[ 1/n |F(G(x)) - x|_1 ]                       absolute_error
                           + w E_y[ 1/n |G(F(y)) - y|_1 ]                       absolute_error
                           + v w E_y[ 1/n |G(y) - y|_1 ] + v w E_x[ 1/n |F(x) - x|_1 ]

Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (2017), equations 1 to 3, with the least squares of section 4, w = 10, and the identity
term of section 5.2, v = 0.5 there and 0 here unless given. All of it is 0 for any bijection that
matches the two distributions, also for a wrong one (reference/theory/cycle.py); which is found,
the networks decide, or the identity term. Departures: U-Nets for the maps, in place of residual
networks, and no history of generated images.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Terms
from pipeline.models.two_domains import TwoDomains
from pipeline.networks import patches
from pipeline.networks.unet import UNet
from pipeline.objectives import least_squares
from pipeline.objectives.absolute_error import absolute_error
from pipeline.objectives.patches import patch_mean
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(TwoDomains):
    """Everything here is written for one replica; the ensemble adds the others."""

    patch_depth: Count = 1  # halvings of the discriminators: patches of 4, 10, 22 pixels
    cycle_weight: NonNegative = 10.0  # w
    identity_weight: NonNegative = 0.0  # v, as a multiple of w

    def networks(self) -> Mapping[str, nn.Module]:
        size = self.shape, self.width
        return {
            "to_b": UNet(*size, self.depth),
            "to_a": UNet(*size, self.depth),
            "discriminator_b": patches.discriminator(*size, self.patch_depth),
            "discriminator_a": patches.discriminator(*size, self.patch_depth),
        }

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, y = batch["a_x"], batch["b_x"]

        def loss(real: Tensor, fake: Tensor) -> Tensor:
            return patch_mean(least_squares.discriminator_loss(real, fake))

        return {
            "least_squares_b": loss(net.discriminator_b(y), net.discriminator_b(net.to_b(x))),
            "least_squares_a": loss(net.discriminator_a(x), net.discriminator_a(net.to_a(y))),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, y = batch["a_x"], batch["b_x"]
        there, back = net.to_b(x), net.to_a(y)
        judged = {"b": net.discriminator_b(there), "a": net.discriminator_a(back)}
        w, v = self.cycle_weight, self.identity_weight * self.cycle_weight
        return {
            **{
                f"least_squares_{domain}": patch_mean(least_squares.generator_loss(scores))
                for domain, scores in judged.items()
            },
            "cycle_a": w * absolute_error(x, net.to_a(there)),
            "cycle_b": w * absolute_error(y, net.to_b(back)),
            "identity_a": v * absolute_error(x, net.to_a(x)),
            "identity_b": v * absolute_error(y, net.to_b(y)),
        }
