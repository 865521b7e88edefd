"""What the games of a generator that is told a class share. No game of its own: all is abstract.

    G's input    (z, e_c),    c uniform in 1 ... K,    e_c a unit vector

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), section 3: the class enters as
a one-hot vector beside the first input of a network. It must be asked for as often as it occurs:
c is drawn from r, here uniform, and with p(y) the classes of the data the generator's criterion is

    C >= -log 4 + 2 JSD( p(y), r(y) )

whatever it draws. Digits are uniform to within sampling, where the floor lies 6e-5 above -log 4.
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
    """A game between MLPs that are told the class, for one replica."""

    output: Output = "linear"
    classes: int = field(kw_only=True)  # K

    def prior(self) -> Mapping[str, Distribution]:
        return self.latent_prior() | {"label": Integers(self.classes)}

    def asked(self, noise: Noise) -> Tensor:
        """The class that each example was to be of, shape (B,)."""
        return noise["label"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.with_class(self.latents(noise), self.asked(noise)))

    def with_class(self, x: Tensor, label: Tensor) -> Tensor:
        """x, and after it the class as a one-hot vector, shape (B, ... + classes)."""
        return torch.cat([x, one_hot(label, self.classes, x.dtype)], dim=-1)

    def told_mlps(self) -> dict[str, nn.Sequential]:
        """Both networks, whose first layers see the class beside what they see without one."""
        networks = mlps(self, self.output)
        inputs = {"generator": self.latent + self.components, "discriminator": self.features}
        for name, network in networks.items():
            network[0] = nn.Linear(inputs[name] + self.classes, self.width)
        return networks
