"""VAE: an encoder and a decoder that together maximise a lower bound on log p(x).

    player    min  -log p(x | z = m + exp(v/2) e)       bernoulli or gaussian
                 + beta KL( N(m, exp(v)) || N(0, I) )   gaussian_kl
    weight    log w = log p(x|z) + log p(z) - log q(z|x),    E log w = ELBO,    E w = p(x)

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), equations 3, 7 and 10, with one
draw of e ~ N(0, I) per example; Higgins et al., "beta-VAE" (2017), equation 4: beta = 1 is the
bound, and metrics measure the bound at beta = 1, whatever beta was used in training. Likelihoods
and posterior: pipeline/models/variational.py.
"""

from dataclasses import dataclass

from torch import nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.variational import StandardNormalPrior
from pipeline.study.fields import Index


@dataclass(frozen=True)
class Model(StandardNormalPrior):
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
