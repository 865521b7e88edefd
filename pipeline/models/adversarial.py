"""What the games of a generator and a discriminator share: abstract classes, no game.

    G's input    (z, sqrt(K) e_c),    z ~ N(0, I),    c uniform in 1 ... K

A continuous G maps a connected latent space to a connected set, so between separated modes it must
put samples that belong to none. With `components` K the latent is a pair of z and one of K
categories, so that its support has K separate pieces: Chen et al., "InfoGAN" (2016), section 4,
without the information term. The category is one-hot times sqrt(K), the length of K standard
normal numbers.
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
Moves = Literal["both", "discriminator", "generator"]  # the other network is frozen
Output = Literal["linear", "tanh"]  # of G; tanh where the data fill [-1, 1]


def generator_terms(objective: GeneratorObjective, fake_logits: Tensor) -> Terms:
    """The loss term of a GAN's generator, under the name of its objective."""
    return {objective: GENERATOR_LOSSES[objective](fake_logits)}


def gradients(scores: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of each example's score with respect to that example, (B, features).

    It is computed as the gradient of the sum of scores, which is the same where each score depends
    on its own example only. scores: f, (B, features) -> (B,). x: examples, (B, features).
    """
    found: Tensor = grad(lambda x: scores(x).sum())(x)
    return found


def moving(pair: tuple[Player, Player], moves: Moves) -> tuple[Player, ...]:
    """The players of a pair that play, as `moves` says."""
    return tuple(player for player in pair if moves in ("both", player.name))


@dataclass(frozen=True)
class Game(ABC):
    """The sizes, the latents and the players of a game, written for one replica."""

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
        """The noise of a sample."""

    @abstractmethod
    def pair(self) -> tuple[Player, Player]:
        """The discriminator and the generator, whether they play or not."""

    @abstractmethod
    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """Samples G(z), (B, features)."""

    @abstractmethod
    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """The terms that the discriminator minimises."""

    @abstractmethod
    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """The terms that the generator minimises."""

    def players(self) -> tuple[Player, ...]:
        return moving(self.pair(), self.moves)

    def latent_prior(self) -> dict[str, Distribution]:
        z: dict[str, Distribution] = {"z": Normal((self.latent,))}
        return z | {"component": Integers(self.components)} if self.components else z

    def latents(self, noise: Noise) -> Tensor:
        """z, followed by the scaled one-hot category, (B, latent + components)."""
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
        """The generator and the discriminator. bias: whether D's last layer has one."""
        return mlps(self, self.output, bias)


def mlps(game: Game, output: Output, bias: bool = True) -> dict[str, nn.Sequential]:
    """G: (B, latent + components) -> (B, features); D: (B, features) -> (B, 1).

    bias: whether D's last layer has one. It cancels where only differences of scores matter.
    """
    hidden = (game.width,) * game.depth
    generator = mlp(game.latent + game.components, *hidden, game.features)
    if output == "tanh":
        generator.append(nn.Tanh())
    discriminator = mlp(game.features, *hidden, 1)
    if not bias:
        discriminator[-1].register_parameter("bias", None)
    return {"generator": generator, "discriminator": discriminator}
