"""Unrolled GAN: a generator that plays against the discriminator of K steps ahead.

    discriminator   min_D  L(D, G) = E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D_K(G(z))]                                   non_saturating
           or       min_G  E_z[log(1 - D_K(G(z)))]                               minimax

    w_0 = w,    w_j+1 = w_j - eta dL/dw_j,    D_K = D(.; w_K)

Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial Networks" (2017), section
2.2. The K steps are only simulated: D itself is moved by its own player alone. The generator's
gradient is taken through all of them, so it includes how D would react to a change of G.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.func import grad

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, MlpGame, generator_terms
from pipeline.objectives import minimax
from pipeline.study.fields import Count, Index, Positive


def descended(loss: Callable[[Nets], Terms], net: Nets, steps: int, rate: float) -> Nets:
    """The networks, with the discriminator after K more steps of plain gradient descent.

    loss: the discriminator's terms, as a function of the networks. steps: K. rate: eta.
    """

    def lowered(weights: dict[str, Tensor]) -> Tensor:
        terms = loss(net.replace(discriminator=weights)).values()
        first, *others = (term.mean() for term in terms)
        return sum(others, start=first)

    weights = net.state["discriminator"]
    for _ in range(steps):
        gradients = grad(lowered)(weights)
        weights = {name: w - rate * gradients[name] for name, w in weights.items()}
    return net.replace(discriminator=weights)


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    unrolled: Index = 5  # K, steps of plain gradient descent; 0: the GAN
    inner_rate: Positive = 0.01  # eta, their learning rate

    def networks(self) -> dict[str, nn.Sequential]:
        return self.mlps()

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        ahead = self.later(net, batch, noise)
        fake = self.logits(ahead, self.sample(ahead, noise))
        return generator_terms(self.generator_objective, fake)

    def later(self, net: Nets, batch: Batch, noise: Noise) -> Nets:
        """The networks, with the discriminator K steps ahead, all on this batch and noise."""

        def loss(net: Nets) -> Terms:
            return self.discriminator_loss(net, batch, noise)

        return descended(loss, net, self.unrolled, self.inner_rate)

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]
