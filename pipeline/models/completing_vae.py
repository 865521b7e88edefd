"""A VAE that completes: what is missing is drawn again and again, given what the code says of it.

    player    min  -log p(x | z = m + exp(v/2) e)       bernoulli or gaussian
                 + beta KL( N(m, exp(v)) || N(0, I) )   gaussian_kl
    complete  y <- decode(z),  z ~ N(0, I);  then STEPS times
              y <- m x + (1 - m) decode(z),    z ~ q(z | y)

Rezende, Mohamed & Wierstra, "Stochastic Backpropagation and Approximate Inference in Deep
Generative Models" (2014), appendix F: a Markov chain whose law nears that of p(x_S | x_rest), as
far as q is the posterior. It is trained on whole examples and knows nothing of masks. Likelihoods:
pipeline/models/variational.py; as in its samples, the mean image stands for a draw of pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.completing import Completing
from pipeline.models.variational import StandardNormalPrior, drawn
from pipeline.study.fields import Index

STEPS = 20  # of the chain


@dataclass(frozen=True)
class Model(StandardNormalPrior, Completing):
    """Everything here is written for one replica; the ensemble adds the others."""

    depth: Index = 1  # hidden layers of each network; 0: linear

    def networks(self) -> dict[str, nn.Sequential]:
        return self.autoencoder(self.depth)

    def players(self) -> tuple[Player, ...]:
        noise = {**self.posterior(), **self.observation()}
        return (Player("autoencoder", self.loss, ("encoder", "decoder"), noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        terms = self.negative_elbo(net, batch, noise)
        return {**terms, "kl": self.beta * terms["kl"]}

    def completion_noise(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,)), "e": Normal((STEPS, self.latent))}

    def complete(self, net: Nets, x: Tensor, mask: Tensor, noise: Noise) -> Tensor:
        y = mask * x + (1 - mask) * self.decode(net, noise["z"])
        for step in range(STEPS):
            mean, log_variance = self.encode(net, y if self.gaussian else (y + 1) / 2)
            z = drawn(mean, log_variance, noise["e"][:, step])
            y = mask * x + (1 - mask) * self.decode(net, z)
        return y

    @property
    def gaussian(self) -> bool:
        return self.likelihood == "gaussian"
