"""What the games of a generator and a discriminator share. No game of its own: all is abstract.

    G's input    (z, sqrt(K) e_c),    z ~ N(0, I),    c uniform in 1 ... K

A continuous G maps a connected latent to a connected set, and between modes that lie apart it
must put samples that are none of theirs. With `components` K the latent is a pair of z and one
of K categories, whose pieces lie apart too: Chen et al., "InfoGAN" (2016), section 4, without
the information term. The category is one-hot times sqrt(K), as long as K normal numbers are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import grad

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.networks.mlp import mlp
from pipeline.networks.one_hot import one_hot
from pipeline.objectives import minimax, non_saturating
from pipeline.study.fields import Count, Index

GENERATOR_LOSSES = {
    "non_saturating": non_saturating.generator_loss,
    "minimax": minimax.generator_loss,
}
GeneratorObjective = Literal["non_saturating", "minimax"]
Moves = Literal["both", "discriminator", "generator"]  # the other network stays as it began
Output = Literal["linear", "tanh"]  # of G; tanh where the data fill [-1, 1]


def generator_terms(objective: GeneratorObjective, fake_logits: Tensor) -> Terms:
    """What the generator of a GAN lowers, under the name of its objective."""
    return {objective: GENERATOR_LOSSES[objective](fake_logits)}


def gradients(scores: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of the score of each example in the example, (B, features).

    That of their sum is the same, where each score depends on its own example only.
    """
    found: Tensor = grad(lambda x: scores(x).sum())(x)
    return found


def moving(pair: tuple[Player, Player], moves: Moves) -> tuple[Player, ...]:
    """Those of the discriminator and the generator that play."""
    return tuple(player for player in pair if moves in ("both", player.name))


@dataclass(frozen=True)
class Game(ABC):
    """The sizes, the latent and the turns of a game, written for one replica."""

    features: int
    latent: Count
    width: Count
    depth: Count = 2  # hidden layers of each network
    components: Index = 0  # categories K of the latent's second part; 0: there is none
    generator_steps: Count = 1  # per round
    moves: Moves = "both"

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """The generator and the discriminator, by name, in this order."""

    @abstractmethod
    def prior(self) -> Mapping[str, Distribution]:
        """What samples are made of."""

    @abstractmethod
    def pair(self) -> tuple[Player, Player]:
        """The discriminator and the generator, whether they move or not."""

    @abstractmethod
    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """G's examples, (B, features)."""

    @abstractmethod
    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """What the discriminator lowers."""

    @abstractmethod
    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """What the generator lowers."""

    def players(self) -> tuple[Player, ...]:
        return moving(self.pair(), self.moves)

    def latent_prior(self) -> dict[str, Distribution]:
        z: dict[str, Distribution] = {"z": Normal((self.latent,))}
        return z | {"component": Integers(self.components)} if self.components else z

    def latents(self, noise: Noise) -> Tensor:
        """z, and the category beside it, (B, latent + components)."""
        z = noise["z"]
        if not self.components:
            return z
        category = one_hot(noise["component"], self.components, z.dtype)
        return torch.cat([z, self.components**0.5 * category], dim=-1)


@dataclass(frozen=True)
class MlpGame(Game):
    """A game whose generator is an MLP of its latent."""

    output: Output = "linear"

    def prior(self) -> Mapping[str, Distribution]:
        return self.latent_prior()

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(self.latents(noise))

    def mlps(self, bias: bool = True) -> dict[str, nn.Sequential]:
        """The two networks; bias: of D's last layer."""
        return mlps(self, self.output, bias)


def mlps(game: Game, output: Output, bias: bool = True) -> dict[str, nn.Sequential]:
    """G: (B, latent + components) -> (B, features); D: (B, features) -> (B, 1).

    bias: whether D's last layer has one. It cancels where only differences of scores count.
    """
    hidden = (game.width,) * game.depth
    generator = mlp(game.latent + game.components, *hidden, game.features)
    if output == "tanh":
        generator.append(nn.Tanh())
    discriminator = mlp(game.features, *hidden, 1)
    if not bias:
        discriminator[-1].register_parameter("bias", None)
    return {"generator": generator, "discriminator": discriminator}
