"""BigGAN in small: a class-conditional game with all that its paper adds, each to be left out.

    discriminator   min_f  E_(x,y)[max(0, 1 - f(x, y))] + E_(z,c)[max(0, 1 + f(G(z, c), c))]  hinge
           or       min_f  E_(x,y)[-log D(x, y)] + E_(z,c)[-log(1 - D(G(z, c), c))]         minimax
    generator       min_G  -E_(z,c)[f(G(z, c), c)]                                            hinge
           or       min_G  E_(z,c)[-log D(G(z, c), c)]                               non_saturating
                           + b sum_W | W W' o (1 - I) |^2                                orthogonal

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3 and appendix B: class-conditional batch norm, a projection discriminator, the
hinge, spectral norm of both networks, b = 1e-4 over the weights of G but the class embedding, and
large batches, which are the run's. A latent may be cut off when it is sampled: metrics
`truncation` and `truncation_curve`. Networks, and how they depart: pipeline/networks/residual.py.
For sampling G uses moments that are computed once (`settle`), as in pipeline/models/dcgan.py; they
are those of whole latents. The paper has k = 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.networks.one_hot import one_hot
from pipeline.networks.residual import Discriminator, Generator
from pipeline.objectives import hinge, minimax, non_saturating
from pipeline.objectives.orthogonal import off_diagonal
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count  # units of all layers
    depth: Count = 2  # residual blocks of each network
    k: Count = 1  # discriminator steps per round
    objective: Literal["hinge", "minimax"] = "hinge"
    projection: bool = True  # else the class is put beside D's features
    class_norm: bool = True  # else class and z enter G at its first layer
    spectral: bool = True
    orthogonal: NonNegative = 1e-4  # b
    classes: int = field(kw_only=True)  # K

    def __post_init__(self) -> None:
        self.networks()  # raises on a latent that does not suit the depth

    def networks(self) -> Mapping[str, nn.Module]:
        sizes = self.classes, self.width, self.features, self.depth
        return {
            "generator": Generator(self.latent, *sizes, self.class_norm, self.spectral),
            "discriminator": Discriminator(*sizes, self.projection, self.spectral),
        }

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,)), "label": Integers(self.classes)}

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z),
        )

    def players(self) -> tuple[Player, ...]:
        return self.pair()

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        # One call for both, so that both are scored with the same power iteration.
        both = torch.cat([batch["x"], self.made(net, noise)[0]])
        label = torch.cat([batch["label"], self.asked(noise)])
        real, fake = self.joint_scores(net, both, label, True).chunk(2)
        game = hinge if self.objective == "hinge" else minimax
        return {self.objective: game.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        made, _ = self.made(net, noise, True)
        scores = self.joint_scores(net, made, self.asked(noise))
        game, name = (
            (hinge, "hinge") if self.objective == "hinge" else (non_saturating, "non_saturating")
        )
        return {
            name: game.generator_loss(scores),
            "orthogonal": self.orthogonal * self.overlap(net),
        }

    def overlap(self, net: Nets) -> Tensor:
        """The sum of the penalty over all weights of G but the class embedding, ()."""
        weights = [
            weight
            for name, weight in net.state["generator"].items()
            if name.endswith("weight") and not name.startswith("embedding")
        ]
        return torch.stack([off_diagonal(weight) for weight in weights]).sum()

    def made(
        self, net: Nets, noise: Noise, keep: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Samples normalised by the moments of their own batch, and those moments."""
        asked = self.told(self.asked(noise), noise["z"].dtype)
        x, moments = net.generator(noise["z"], asked, False, keep)
        return x, moments

    def settle(self, net: Nets, noise: Noise) -> dict[str, dict[str, Tensor]]:
        return {"generator": self.made(net, noise)[1]}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        asked = self.told(self.asked(noise), noise["z"].dtype)
        return net.generator(noise["z"], asked, True)[0]

    def asked(self, noise: Noise) -> Tensor:
        """The class c that was requested of each sample, (B,)."""
        return noise["label"]

    def told(self, label: Tensor, dtype: torch.dtype) -> Tensor:
        return one_hot(label, self.classes, dtype)

    def joint_scores(self, net: Nets, x: Tensor, label: Tensor, keep: bool = False) -> Tensor:
        """f of each image and its class, (B,)."""
        return net.discriminator(x, self.told(label, x.dtype), keep)
