"""What the games with a class-conditional generator share: abstract classes, no game.

    G's input    (z, e_c),    c uniform in 1 ... K,    e_c a unit vector

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), section 3: the class enters a
network as a one-hot vector appended to its input. Classes must be requested as often as they occur
in the data: c is drawn from r, here uniform, and if p(y) is the distribution of the data's
classes, the generator's criterion is

    C >= -log 4 + 2 JSD( p(y), r(y) )

whatever the samples are. The classes of the digits are uniform up to sampling error, so that this
lower bound is 6e-5 above -log 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers
from pipeline.models.adversarial import Game, Output, mlps
from pipeline.networks.one_hot import one_hot


@dataclass(frozen=True)
class LabelledGame(Game):
    """A game between MLPs that see the class, written for one replica."""

    output: Output = "linear"
    classes: int = field(kw_only=True)  # K

    def prior(self) -> Mapping[str, Distribution]:
        return self.latent_prior() | {"label": Integers(self.classes)}

    def asked(self, noise: Noise) -> Tensor:
        """The class c that was requested of each sample, shape (B,)."""
        return noise["label"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.with_class(self.latents(noise), self.asked(noise)))

    def with_class(self, x: Tensor, label: Tensor) -> Tensor:
        """x with the one-hot class appended, shape (B, ... + classes)."""
        return torch.cat([x, one_hot(label, self.classes, x.dtype)], dim=-1)

    def told_mlps(self) -> dict[str, nn.Sequential]:
        """Both networks, with the one-hot class appended to their inputs."""
        networks = mlps(self, self.output)
        inputs = {"generator": self.latent + self.components, "discriminator": self.features}
        for name, network in networks.items():
            network[0] = nn.Linear(inputs[name] + self.classes, self.width)
        return networks
