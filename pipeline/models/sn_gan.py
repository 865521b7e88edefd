"""SN-GAN: the hinge game with a spectrally normalised discriminator.

    discriminator   min_f  E_x[max(0, 1 - f(x))] + E_z[max(0, 1 + f(G(z)))]     hinge
    generator       min_G  -E_z[f(G(z))]                                       hinge

    f = K W_L a(W_{L-1} a( ... )),  the largest singular value of every W is 1   networks/spectral

Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), equations
16 and 17 and algorithm 1: one iteration of the power method per step of the discriminator. The
gradient of f is at most K, so a margin of 1 on both sides needs data and samples 2 / K apart. The
paper has K = 1, for images, whose distances grow with the number of pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import MlpGame
from pipeline.networks.spectral import Spectral
from pipeline.objectives import hinge
from pipeline.study.fields import Count, Positive


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    lipschitz: Positive = 1.0  # K

    def networks(self) -> dict[str, nn.Module]:
        # Within the margin, where f starts, the last bias has gradient 0: both terms cancel.
        networks = self.mlps(bias=False)
        return {**networks, "discriminator": Spectral(networks["discriminator"])}

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        # One call for both, so that both are scored with the same power iteration.
        both = torch.cat([batch["x"], self.sample(net, noise)])
        real, fake = (self.lipschitz * net.discriminator(both, True)[:, 0]).chunk(2)
        return {"hinge": hinge.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.scores(net, self.sample(net, noise))
        return {"hinge": hinge.generator_loss(fake)}

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return self.lipschitz * net.discriminator(x)[:, 0]
