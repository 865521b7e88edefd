"""InfoGAN: a generator whose codes a second head of the discriminator can read from its samples.

    discriminator   min_D,Q  E_x[-log D(x)] + E_(z,c)[-log(1 - D(G(z, c)))]     minimax
                             - w L_I(c; G, Q) - w' L_I(u; G, Q)                mutual_information
    generator       min_G    E_(z,c)[-log D(G(z, c))]                           non_saturating
           or       min_G    E_(z,c)[log(1 - D(G(z, c)))]                       minimax
                             - w L_I(c; G, Q) - w' L_I(u; G, Q)                mutual_information

Chen et al., "InfoGAN" (2016), equations 5 and 6. c is one of `components` categories, u are
`codes` numbers, uniform on [-1, 1]. Q shares all of D but the last layer: of its outputs the
first is the logit of D, then come the K logits of Q(c | x), then the means of Q(u | x). The
variance of Q(u | x) is fixed at exp(code_log_variance): G is a function, so I(u; G) is infinite,
and a variance that is learned would go to 0. Both players gain by L_I, in one and the same noise:
a code is read from the sample that was made of it. No label is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Uniform
from pipeline.models.adversarial import Game, GeneratorObjective, Output, generator_terms, mlps
from pipeline.objectives import minimax
from pipeline.objectives.mutual_information import category_information, uniform_information
from pipeline.study.fields import Count, Index, NonNegative, Real


@dataclass(frozen=True)
class Model(Game):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    output: Output = "linear"
    codes: Index = 2  # numbers u
    category_weight: NonNegative = 1.0  # w
    code_weight: NonNegative = 0.1  # w'
    code_log_variance: Real = 0.0  # of Q(u | x)

    def __post_init__(self) -> None:
        if self.components < 2:
            raise ValueError("components must be at least 2: the categories that Q tells apart")

    def networks(self) -> dict[str, nn.Sequential]:
        networks, inputs = mlps(self, self.output), self.latent + self.components + self.codes
        networks["generator"][0] = nn.Linear(inputs, self.width)
        outputs = 1 + self.components + self.codes
        networks["discriminator"][-1] = nn.Linear(self.width, outputs)
        return networks

    def prior(self) -> Mapping[str, Distribution]:
        u: dict[str, Distribution] = {"code": Uniform((self.codes,))} if self.codes else {}
        return self.latent_prior() | u

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def category(self, noise: Noise) -> Tensor:
        """c of each sample, (B,)."""
        return noise["component"]

    def code_values(self, noise: Noise) -> Tensor:
        """u of each sample, (B, codes), in [-1, 1)."""
        return 2 * noise["code"] - 1 if self.codes else noise["z"][:, :0]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(torch.cat([self.latents(noise), self.code_values(noise)], dim=-1))

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        made = net.discriminator(self.sample(net, noise))
        real = self.logits(net, batch["x"])
        adversarial = {"minimax": minimax.discriminator_loss(real, made[:, 0])}
        return adversarial | self.information_terms(made, noise)

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        made = net.discriminator(self.sample(net, noise))
        adversarial = generator_terms(self.generator_objective, made[:, 0])
        return {**adversarial, **self.information_terms(made, noise)}

    def information_terms(self, made: Tensor, noise: Noise) -> dict[str, Tensor]:
        """-w L_I of c and of u. made: D's outputs for the sample of this noise, (B, 1 + K + d)."""
        category, mean = made[:, 1 : 1 + self.components], made[:, 1 + self.components :]
        found = category_information(category, self.category(noise))
        terms = {"category": -self.category_weight * found}
        if self.codes:
            variance = torch.full_like(mean, self.code_log_variance)
            read = uniform_information(mean, variance, self.code_values(noise))
            terms["code"] = -self.code_weight * read
        return terms

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]

    def cluster_logits(self, net: Nets, x: Tensor) -> Tensor:
        """log Q(c | x) up to a constant, (B, K)."""
        return net.discriminator(x)[:, 1 : 1 + self.components]
