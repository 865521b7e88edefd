"""SN-GAN: the hinge game with a discriminator whose layers stretch nothing.

    discriminator   min_f  E_x[max(0, 1 - f(x))] + E_z[max(0, 1 + f(G(z)))]     hinge
    generator       min_G  -E_z[f(G(z))]                                       hinge

    f = K W_L a(W_{L-1} a( ... )),  the largest singular value of every W is 1   networks/spectral

Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), equations
16 and 17 and algorithm 1: one round of the power iteration a step of the discriminator. The
gradient of f is K at most, so that a margin of 1 on both sides needs data and samples 2 / K apart.
The paper has K = 1, for images, whose distances grow with their pixels.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from pipeline.models import gan
from pipeline.networks.spectral import Spectral
from pipeline.objectives import hinge
from pipeline.study.fields import Positive


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    generator_objective: Literal["hinge"] = "hinge"  # type: ignore[assignment]
    lipschitz: Positive = 1.0  # K

    def networks(self):
        networks = super().networks()
        layers = networks["discriminator"]
        layers[-1].bias = None  # within the margin, where f starts, its two gradients cancel
        return networks | {"discriminator": Spectral(layers)}

    def discriminator_loss(self, net, batch, noise):
        # One call for both, so that they are judged by the same weights.
        both = torch.cat([batch["x"], self.sample(net, noise)])
        real, fake = (self.lipschitz * net.discriminator(both, True)[:, 0]).chunk(2)
        return {"hinge": hinge.discriminator_loss(real, fake)}

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.sample(net, noise))
        return {"hinge": hinge.generator_loss(fake)}

    def logits(self, net, x):
        return self.lipschitz * super().logits(net, x)
