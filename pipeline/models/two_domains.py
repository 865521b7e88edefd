"""What the games between two domains without pairs share: an abstract class, no game.

    G: A -> B,    F: B -> A,    D_B judges G(x), D_A judges F(y)

x is drawn from pool `a`, y from pool `b`, each with its own indices: that they are no pairs is
what the games are about (pipeline/datasets/domains.py). Both maps are moved by one player, both
discriminators by another: Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using
Cycle-Consistent Adversarial Networks" (2017), equation 3, and Kim, Cha, Kim, Lee & Kim, "Learning
to Discover Cross-Domain Relations with Generative Adversarial Networks" (2017), equations 6 and 9.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.study.fields import Count

MAPS = ("to_b", "to_a")  # G and F
DISCRIMINATORS = ("discriminator_b", "discriminator_a")
DRAWS = {"a": "a", "b": "b"}


@dataclass(frozen=True)
class TwoDomains(ABC):
    """The sizes, the players and the maps, written for one replica."""

    features: int
    width: Count  # channels next to the image, of all networks
    depth: Count = 2  # halvings of both maps
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that does not suit the depths

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """G, F, D_B and D_A, under the names above."""

    @abstractmethod
    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """The terms that both discriminators minimise, each over its own domain."""

    @abstractmethod
    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """The terms that both maps minimise."""

    def players(self) -> tuple[Player, ...]:
        return (
            Player("discriminator", self.discriminator_loss, DISCRIMINATORS, draws=DRAWS),
            Player("generator", self.generator_loss, MAPS, draws=DRAWS),
        )

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        return net.to_b(x)

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        return net.to_a(x)
