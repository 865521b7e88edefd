"""Pix2Pix: an image of one domain to its partner in another, learned from pairs.

    discriminator   min_D  E_(x,y)[ 1/P sum_p -log D_p(x, y) - log(1 - D_p(x, G(x))) ]  minimax
    generator       min_G  E_x[ 1/P sum_p -log D_p(x, G(x)) ]                     non_saturating
                           + w E_(x,y)[ 1/n |y - G(x)|_1 ]                       absolute_error

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), equations 1, 3 and 4, with the generator's objective of section 3.3: G is a U-Net
(pipeline/networks/unet.py), D judges patches of the pair (pipeline/networks/patches.py), and w is
100. Without the adversarial term, `adversarial: false`, G regresses y on x: it learns the median
of y given x, pixel by pixel, which is blurred where x leaves y open. Departures: no dropout, which
the paper has for noise and found to be ignored, so that G(x) is a function of x.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.networks import patches
from pipeline.networks.unet import UNet
from pipeline.objectives import minimax, non_saturating
from pipeline.objectives.absolute_error import absolute_error
from pipeline.objectives.patches import patch_mean
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    width: Count  # channels next to the image, of both networks
    depth: Count = 2  # halvings of the generator
    patch_depth: Count = 1  # halvings of the discriminator: patches of 4, 10, 22 pixels
    l1_weight: NonNegative = 100.0  # w
    adversarial: bool = True  # whether there is a discriminator
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that does not suit the depths

    def networks(self) -> Mapping[str, nn.Module]:
        made: dict[str, nn.Module] = {"generator": UNet(self.shape, self.width, self.depth)}
        if self.adversarial:
            judge = patches.discriminator(self.shape, self.width, self.patch_depth, images=2)
            made["discriminator"] = judge
        return made

    def players(self) -> tuple[Player, ...]:
        generator = Player("generator", self.generator_loss, ("generator",))
        if not self.adversarial:
            return (generator,)
        return Player("discriminator", self.discriminator_loss, ("discriminator",)), generator

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = batch["x"]
        real = self.patch_logits(net, x, batch["partner"])
        fake = self.patch_logits(net, x, self.translate(net, x))
        return {"minimax": patch_mean(minimax.discriminator_loss(real, fake))}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = batch["x"]
        made = self.translate(net, x)
        terms = {"absolute_error": self.l1_weight * absolute_error(batch["partner"], made)}
        if not self.adversarial:
            return terms
        fake = self.patch_logits(net, x, made)
        return {"non_saturating": patch_mean(non_saturating.generator_loss(fake)), **terms}

    def patch_logits(self, net: Nets, x: Tensor, y: Tensor) -> Tensor:
        """The logits that the patches of y are real beside x, (B, P)."""
        return net.discriminator(torch.cat([x, y], dim=-1))

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        return net.generator(x)
