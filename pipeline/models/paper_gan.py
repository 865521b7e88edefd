"""The networks and losses with which the first GAN learned MNIST.

    discriminator   min_D  (E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]) / 2      minimax
    generator       min_G  E_z[-log D(G(z))]                                 non_saturating

Goodfellow et al., "Generative Adversarial Nets" (2014), section 5, with the sizes of the code
that was published with it. G: z uniform in (-sqrt 3, sqrt 3), of variance 1, two ReLU layers,
sigmoid pixels. D: two maxout layers under dropout, of real and of made examples each its own,
in both players' steps; in evaluation there is none. D sees pixels in [0, 1] and G makes such;
data and samples lie in [-1, 1] here, and 2 p - 1 carries one to the other. Weights start uniform
within .05 (G) and .005 (D), biases at 0; the code begins G's last ones at the logits of the
mean image, which a network here cannot know. Undecided, D pays log 2.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import torch

from pipeline.engine.randomness import Uniform
from pipeline.models import gan
from pipeline.networks.maxout import Maxout
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.study.fields import Count

KEPT = 0.8, 0.5  # shares of pixels and of maxout units that a step sees
SPREAD = {"generator": 0.05, "discriminator": 0.005}


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    latent: Count = 100
    width: Count = 1200  # of G
    units: Count = 240  # of D
    pieces: Count = 5
    output: Literal["sigmoid"] = "sigmoid"  # type: ignore[assignment]

    def networks(self):
        layers = (self.units,) * self.depth
        kept = (KEPT[0], *KEPT[1:] * self.depth)
        inputs, hidden = self.latent + self.components, (self.width,) * self.depth
        networks = {
            "generator": mlp(inputs, *hidden, self.features, gradient=0.0),
            "discriminator": Maxout(self.features, *layers, 1, pieces=self.pieces, kept=kept),
        }
        for name, network in networks.items():
            for parameter in network.parameters():
                spread = SPREAD[name] if parameter.dim() > 1 else 0.0
                torch.nn.init.uniform_(parameter, -spread, spread)
        return networks

    def prior(self):
        return super().prior() | {"z": Uniform((self.latent,))}

    def latents(self, noise):
        return super().latents(noise | {"z": sqrt(3) * (2 * noise["z"] - 1)})

    def discriminator_player(self):
        dropped = self.dropout("real") | self.dropout("fake")
        return super().discriminator_player()._replace(noise=self.prior() | dropped)

    def generator_player(self):
        return super().generator_player()._replace(noise=self.prior() | self.dropout("fake"))

    def dropout(self, which):
        """The uniform numbers that decide which inputs of each layer are kept."""
        widths = (self.features, *(self.units,) * self.depth)
        return {f"{which}_{i}": Uniform((width,)) for i, width in enumerate(widths)}

    def discriminator_loss(self, net, batch, noise):
        real = self.logits(net, batch["x"], *(noise[u] for u in self.dropout("real")))
        return {"minimax": minimax.discriminator_loss(real, self.fake_logits(net, noise)) / 2}

    def generator_loss(self, net, batch, noise):
        loss = gan.GENERATOR_LOSSES[self.generator_objective]
        return {self.generator_objective: loss(self.fake_logits(net, noise))}

    def fake_logits(self, net, noise):
        return self.logits(net, self.sample(net, noise), *(noise[u] for u in self.dropout("fake")))

    def logits(self, net, x, *uniform):
        return net.discriminator((x + 1) / 2, *uniform)[:, 0]

    def sample(self, net, noise):
        return 2 * super().sample(net, noise).sigmoid() - 1
