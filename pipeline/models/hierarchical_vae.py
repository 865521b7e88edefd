"""Hierarchical VAE: two layers of latents, z2 above z1, and an image that depends on both.

    p(x, z1, z2) = p(x | z1, z2) p(z1 | z2) p(z2)
    q(z1, z2 | x) = q(z1 | x, z2) q(z2 | x)
    player    min  -log p(x | z1, z2)                                   bernoulli or gaussian
                 + beta [ log q(z2 | x) - log p(z2)                     gaussian, mixture_prior
                        + log q(z1 | x, z2) - log p(z1 | z2) ]          gaussian

Tomczak & Welling, "VAE with a VampPrior" (2018), equations 12 to 14, from one draw of z2 and
then one of z1. The top prior p(z2) is N(0, I), or the paper's mixture of the posteriors of
pseudo-inputs. Each conditional is a diagonal Gaussian; q(z1 | x), a mixture of them over z2, need
not be one. As in vamp_vae.py, minus the sum of the terms is the log weight of the draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.vamp_vae import mixture, mixture_noise, of_mixture
from pipeline.models.variational import LatentModel, drawn, halves
from pipeline.networks.dense import Joint, dense
from pipeline.networks.scalar import Beside
from pipeline.networks.table import Table
from pipeline.objectives import gaussian, mixture_prior
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(LatentModel):
    """Everything here is written for one replica; the ensemble adds the others."""

    depth: Count = 2  # hidden layers of each network; where two inputs meet, after the first
    top: Literal["normal", "vamp"] = "normal"  # the prior of z2
    pseudo_inputs: Count = 50  # K of a mixture

    def networks(self) -> dict[str, nn.Module]:
        latent, hidden = self.latent, (self.width,) * self.depth
        decoder = Joint(self.network, (latent, latent), *hidden, self.features)
        if self.variance == "learned":
            decoder.trunk.append(Beside(self.log_variance))
        networks: dict[str, nn.Module] = {
            "encoder": dense(self.network, self.features, *hidden, 2 * latent),
            "lower_encoder": Joint(self.network, (self.features, latent), *hidden, 2 * latent),
            "lower_prior": dense(self.network, latent, *hidden, 2 * latent),
            "decoder": decoder,
        }
        if self.top == "vamp":
            networks["pseudo"] = Table(self.pseudo_inputs, self.features)
        return networks

    def prior(self) -> Mapping[str, Distribution]:
        e = Normal((self.latent,))
        vamp = self.top == "vamp"
        return (mixture_noise(self.pseudo_inputs, self.latent) if vamp else {"e": e}) | {"e1": e}

    def posterior(self) -> Mapping[str, Distribution]:
        """The noise of z2 and z1 given x."""
        return {"e": Normal((self.latent,)), "e1": Normal((self.latent,))}

    def players(self) -> tuple[Player, ...]:
        noise = {**self.posterior(), **self.observation()}
        top = ("pseudo",) if self.top == "vamp" else ()
        moves = ("encoder", "lower_encoder", "lower_prior", "decoder", *top)
        return (Player("autoencoder", self.loss, moves, noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        terms = self.negative_elbo(net, batch, noise)
        return {**terms, "kl": self.beta * terms["kl"]}

    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = self.observed(batch["x"], noise)
        q2 = halves(net.encoder(x))
        z2 = drawn(*q2, noise["e"])
        q1 = halves(net.lower_encoder(x, z2))
        z1 = drawn(*q1, noise["e1"])
        p1 = halves(net.lower_prior(z2))
        upper = gaussian.log_density(z2, *q2) - self.log_top(net, z2)
        lower = gaussian.log_density(z1, *q1) - gaussian.log_density(z1, *p1)
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z1, z2)),
            "kl": upper + lower,
        }

    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        terms = self.negative_elbo(net, batch, noise)
        return -terms["reconstruction"] - terms["kl"]

    def log_top(self, net: Nets, z2: Tensor) -> Tensor:
        """log p(z2), shape (B,)."""
        if self.top == "normal":
            return gaussian.standard_log_density(z2)
        return mixture_prior.log_density(z2, *mixture(self, net))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        z2 = of_mixture(mixture(self, net), noise) if self.top == "vamp" else noise["e"]
        z1 = drawn(*halves(net.lower_prior(z2)), noise["e1"])
        return self.mean(net.decoder(z1, z2))
