"""IWAE: the networks of a VAE, trained on a bound that more draws make tighter.

    log p(x)  >=  L_K = E[ log 1/K sum_k w_k ],    log w = log p(x|z) + log p(z) - log q(z|x)
    player    min  -log 1/K sum_k w_k,    z_k = m + exp(v/2) e_k    importance_weighted

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8, with K
draws of e ~ N(0, I) per example; K = 1 is the VAE with its KL term estimated from the same draw.
Networks, likelihoods and measured bounds are the VAE's (pipeline/models/variational.py).
"""

from dataclasses import dataclass

from torch import nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Normal
from pipeline.models.variational import StandardNormalPrior
from pipeline.objectives import importance_weighted
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class Model(StandardNormalPrior):
    """Everything here is written for one replica; the ensemble adds the others."""

    depth: Index = 1  # hidden layers of each network; 0: linear
    draws: Count = 5  # K of the bound that is trained

    def __post_init__(self) -> None:
        if self.beta != 1:
            raise ValueError("the importance-weighted bound has no KL term that beta could weigh")

    def networks(self) -> dict[str, nn.Sequential]:
        return self.autoencoder(self.depth)

    def players(self) -> tuple[Player, ...]:
        noise = {"e": Normal((self.draws, self.latent)), **self.observation()}
        return (Player("autoencoder", self.loss, ("encoder", "decoder"), noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        weights = self.weight(net, x[:, None], mean[:, None], log_variance[:, None], noise["e"])
        return {"negative_bound": -importance_weighted.bound(weights)}
