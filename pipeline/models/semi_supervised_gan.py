"""Semi-supervised GAN: a classifier of K classes that is the discriminator of a game, too.

    discriminator  min_D  E_(x,y) labelled [-log p(y | x, real)]                 cross_entropy
                          + w ( E_x[-log D(x)] + E_z[-log(1 - D(G(z)))] )        minimax
    generator      min_G  | E_x h(x) - E_z h(G(z)) |^2                           feature_matching
    log D / (1 - D) = log sum_k exp(l_k)                                        class_discriminator

Salimans et al., "Improved Techniques for Training GANs" (2016), sections 3.1 and 5; h is the last
hidden layer, and neither the logits nor the label enters the generator's loss. Each of the three
passes of a discriminator's step, and the generator's two, have noise of their own. The published
code differs in weight normalisation, and in G, 100 - 500 - 500 - 784 with batch normalisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.adversarial import Output
from pipeline.models.few_labels import DRAWS, NoisyClassifier
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.objectives.class_discriminator import real_logit
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.objectives.feature_matching import feature_matching_loss
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model(NoisyClassifier):
    """Everything here is written for one replica; the ensemble adds the others."""

    latent: Count = 100
    generator_depth: Count = 2  # hidden layers of G, as wide as those of D
    output: Output = "tanh"
    unlabelled_weight: NonNegative = 1.0  # w

    def networks(self) -> Mapping[str, nn.Module]:
        generator = mlp(self.latent, *(self.width,) * self.generator_depth, self.features)
        if self.output == "tanh":
            generator.append(nn.Tanh())
        return {"generator": generator, **self.classifier()}

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def players(self) -> tuple[Player, ...]:
        z, moves = self.prior(), ("trunk", "head")
        judging = {**z, **self.shaken("labelled", "real", "fake")}
        making = {**z, **self.shaken("real", "fake")}
        return (
            Player("discriminator", self.discriminator_loss, moves, judging, draws=DRAWS),
            Player("generator", self.generator_loss, ("generator",), making),
        )

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(noise["z"])

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, label = self.labelled(batch)
        shown = {"labelled": x, "real": batch["x"], "fake": self.sample(net, noise)}
        # One product of all three batches for each layer of D, where three would cost more.
        layers = range(self.depth)
        shaken = (torch.cat([noise[f"{name}{i}"] for name in shown]) for i in layers)
        logits = net.head(net.trunk(torch.cat([*shown.values()]), *shaken))
        own, real, fake = logits.chunk(3)
        judged = minimax.discriminator_loss(real_logit(real), real_logit(fake))
        return {
            "cross_entropy": cross_entropy(own, label),
            "minimax": self.unlabelled_weight * judged,
        }

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real = self.hidden(net, batch["x"], noise, "real")
        fake = self.hidden(net, self.sample(net, noise), noise, "fake")
        return {"feature_matching": feature_matching_loss(real, fake)}

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        """log D / (1 - D) of each example, (B,)."""
        return real_logit(self.class_logits(net, x))
