"""Dirac-GAN: data at 0, a generator whose only sample is theta, a discriminator D(x) = psi x.

    discriminator   min_psi     its loss at the logits 0 and theta psi      minimax, hinge, ...
    generator       min_theta   its loss at the logit theta psi

    r1, r2          non_saturating; to the discriminator  gamma/2 D'(x)^2   at data, at samples
    wgan_gp         wgan; to the discriminator            gamma (|D'(x)| - 1)^2
    consensus       non_saturating; to both               gamma/2 |v|^2
    instance_noise  non_saturating of data and samples with added noise N(0, gamma^2)

with v the gradients of the players' own losses. Mescheder, Geiger & Nowozin, "Which Training
Methods for GANs do actually Converge?" (2018), definition 2.1 and section 3; consensus is that
of "The Numerics of GANs" (2017) by the same authors. The equilibrium is theta = psi = 0. The game
is deterministic: the instance noise is averaged by Gauss-Hermite quadrature with three nodes,
exact for polynomials of degree five.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import grad

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers
from pipeline.models.adversarial import gradients
from pipeline.objectives import (
    gradient_penalty,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic,
    wasserstein,
)
from pipeline.study.fields import NonNegative, Positive

# The losses of the discriminator and the generator, of real and fake logits. The labels of lsgan
# are -1 and 1, so that D(0) = 0, the only value that D can have at the data, lies between them.
Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, tuple[Loss, Loss]] = {
    "minimax": (minimax.discriminator_loss, lambda real, fake: minimax.generator_loss(fake)),
    "non_saturating": (
        minimax.discriminator_loss,
        lambda real, fake: non_saturating.generator_loss(fake),
    ),
    "lsgan": (
        lambda real, fake: least_squares.discriminator_loss(real, fake, a=-1.0),
        lambda real, fake: least_squares.generator_loss(fake),
    ),
    "wgan": (
        wasserstein.discriminator_loss,
        lambda real, fake: wasserstein.generator_loss(fake),
    ),
    "hinge": (hinge.discriminator_loss, lambda real, fake: hinge.generator_loss(fake)),
    "relativistic": (relativistic.discriminator_loss, relativistic.generator_loss),
}
STEEP = ("lsgan", "wgan", "hinge")  # gradient 1 at logit 0; the others have 1/2
NODES = ((0.0, 2 / 3), (3**0.5, 1 / 6), (-(3**0.5), 1 / 6))


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: Literal[1]
    objective: Literal[
        "minimax",
        "non_saturating",
        "lsgan",
        "wgan",
        "hinge",
        "relativistic",
        "r1",
        "r2",
        "wgan_gp",
        "consensus",
        "instance_noise",
    ]
    gamma: NonNegative = 1.0  # weight of the regulariser, or standard deviation of the noise
    start: Positive = 0.1  # standard deviation of the initial theta and psi

    @property
    def game(self) -> str:
        """The objective without its regulariser."""
        if self.objective in LOSSES:
            return self.objective
        return "wgan" if self.objective == "wgan_gp" else "non_saturating"

    def networks(self) -> dict[str, nn.Module]:
        theta, psi = nn.Embedding(1, 1), nn.Linear(1, 1, bias=False)
        for network in (theta, psi):
            nn.init.normal_(network.weight, std=self.start)
        return {"generator": theta, "discriminator": psi}

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Integers(1)}  # 0, the only latent

    def players(self) -> tuple[Player, ...]:
        prior = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), prior),
            Player("generator", self.generator_loss, ("generator",), prior),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        own = self.own_loss(net, batch, noise, "discriminator")
        return {self.game: own, **self.regulariser(net, batch, noise)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        own = {self.game: self.own_loss(net, batch, noise, "generator")}
        shared = self.objective == "consensus"
        return {**own, **self.regulariser(net, batch, noise)} if shared else own

    def own_loss(self, net: Nets, batch: Batch, noise: Noise, player: str) -> Tensor:
        """A player's loss without the regulariser, (B,)."""
        loss = LOSSES[self.game][player == "generator"]
        real, fake = batch["x"], self.sample(net, noise)
        blurs = NODES if self.objective == "instance_noise" else ((0.0, 1.0),)

        def blurred(node: float) -> Tensor:
            return loss(*(self.scores(net, x + self.gamma * node) for x in (real, fake)))

        first, *others = (weight * blurred(node) for node, weight in blurs)
        return sum(others, start=first)

    def regulariser(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        match self.objective:
            case "r1":
                paid = gradient_penalty.zero_centred(self.gradients(net, batch["x"]))
            case "r2":
                paid = gradient_penalty.zero_centred(self.gradients(net, self.sample(net, noise)))
            case (
                "wgan_gp"
            ):  # D is linear: its gradient is the same at the data and between data and samples
                paid = gradient_penalty.one_centred(self.gradients(net, batch["x"]))
            case "consensus":
                paid = self.speed(net, batch, noise)
            case _:
                return {}
        return {self.objective: self.gamma * paid}

    def gradients(self, net: Nets, x: Tensor) -> Tensor:
        """dD/dx at each example, (B, 1)."""
        return gradients(lambda x: self.scores(net, x), x)

    def speed(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """|v|^2 / 2, ()."""

        def lowered(weights: dict[str, Tensor], player: str) -> Tensor:
            there = net.replace(**{player: weights})
            return self.own_loss(there, batch, noise, player).mean()

        psi, theta = (
            grad(lowered)(net.state[p], p)["weight"] for p in ("discriminator", "generator")
        )
        squares: Tensor = psi.square().sum() + theta.square().sum()
        return squares / 2

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(noise["z"])

    def place(self, net: Nets) -> Tensor:
        """(theta, psi), the state of the game, (2,)."""
        return torch.cat([net.state[n]["weight"][0] for n in ("generator", "discriminator")])

    def jacobian(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The Jacobian of the vector field (theta', psi') at the equilibrium, row by row.

        None for wgan_gp, whose vector field is discontinuous there.
        """
        if self.objective == "wgan_gp":
            return None
        turn = 1.0 if self.game in STEEP else 0.5
        drag = self.gamma * turn**2 if self.objective == "consensus" else 0.0
        # Noise of variance s^2 brings in the losses' second derivative, 1/4 for data and samples.
        pull = {"r1": self.gamma, "r2": self.gamma, "instance_noise": self.gamma**2 / 2}
        return (-drag, turn), (-turn, -drag - pull.get(self.objective, 0.0))
