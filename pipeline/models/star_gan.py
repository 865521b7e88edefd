"""StarGAN: one generator for all pairs of several domains, told which one is wanted.

    discriminator   min_D  E_(x,c)[ 1/P sum_p D_p(G(x, c)) - D_p(x) ]              wasserstein
                           + g E[ (|grad of 1/P sum_p D_p at x^| - 1)^2 ]      gradient_penalty
                           + u E_(x,c')[ -log p(c' | x) ]                         cross_entropy
    generator       min_G  E_(x,c)[ -1/P sum_p D_p(G(x, c)) ]                       wasserstein
                           + u E_(x,c)[ -log p(c | G(x, c)) ]                     cross_entropy
                           + w E_(x,c)[ 1/n |x - G(G(x, c), c')|_1 ]             absolute_error

c' is the domain that x is from, c a uniform one that is asked for, x^ a point between x and
G(x, c). Choi, Choi, Kim, Ha, Kim & Choo, "StarGAN: Unified Generative Adversarial Networks for
Multi-Domain Image-to-Image Translation" (2018), equations 1 to 6, and 8 for the adversarial term:
u = 1, w = 10, g = 10, five steps of the discriminator a round. A domain enters G as a one-hot
vector, each entry an image of its own beside x. Examples and their domains are those of pool
`domains`, in which each image has one domain. Departure: a U-Net without normalisation for G.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Uniform
from pipeline.models.adversarial import gradients
from pipeline.networks import patches
from pipeline.networks.one_hot import one_hot
from pipeline.networks.unet import UNet
from pipeline.objectives import gradient_penalty, wasserstein
from pipeline.objectives.absolute_error import absolute_error
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.objectives.patches import patch_mean
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    width: Count  # channels next to the image, of both networks
    depth: Count = 2  # halvings of the generator
    patch_depth: Count = 1  # halvings of the discriminator: patches of 4, 10, 22 pixels
    domains: Count = 4
    k: Count = 5  # discriminator steps per round
    domain_weight: NonNegative = 1.0  # u
    cycle_weight: NonNegative = 10.0  # w
    penalty: NonNegative = 10.0  # g
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that does not suit the depths

    def networks(self) -> Mapping[str, nn.Module]:
        size, images = (self.shape, self.width), 1 + self.domains
        return {
            "generator": UNet(*size, self.depth, images=images),
            "discriminator": patches.Named(*size, self.patch_depth, self.domains),
        }

    def players(self) -> tuple[Player, ...]:
        draws, asked = {"x": "domains"}, self.wanted()
        between: Mapping[str, Distribution] = {"epsilon": Uniform(()), **asked}
        return (
            Player(
                "discriminator",
                self.discriminator_loss,
                ("discriminator",),
                between,
                self.k,
                draws=draws,
            ),
            Player("generator", self.generator_loss, ("generator",), asked, draws=draws),
        )

    def wanted(self) -> Mapping[str, Distribution]:
        return {"domain": Integers(self.domains)}

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, made = batch["x"], self.to_domain(net, batch["x"], noise["domain"])
        real, named = net.discriminator(x)
        fake, _ = net.discriminator(made)
        points = gradient_penalty.between(x, made, noise["epsilon"])
        slopes = gradients(lambda x: patch_mean(net.discriminator(x)[0]), points)
        return {
            "wasserstein": patch_mean(wasserstein.discriminator_loss(real, fake)),
            "gradient_penalty": self.penalty * gradient_penalty.one_centred(slopes),
            "real_domain": self.domain_weight * cross_entropy(named, batch["label"]),
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, asked = batch["x"], noise["domain"]
        made = self.to_domain(net, x, asked)
        fake, named = net.discriminator(made)
        back = self.to_domain(net, made, batch["label"])
        return {
            "wasserstein": patch_mean(wasserstein.generator_loss(fake)),
            "fake_domain": self.domain_weight * cross_entropy(named, asked),
            "cycle": self.cycle_weight * absolute_error(x, back),
        }

    def to_domain(self, net: Nets, x: Tensor, domain: Tensor) -> Tensor:
        planes = one_hot(domain, self.domains, x.dtype).repeat_interleave(self.features, dim=-1)
        return net.generator(torch.cat([x, planes], dim=-1))

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        """To domain 0, which is domain B where there are two."""
        return self.to_domain(net, x, torch.zeros_like(x[:, 0], dtype=torch.int64))

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        """To domain 1, which is domain A where there are two."""
        return self.to_domain(net, x, torch.ones_like(x[:, 0], dtype=torch.int64))
