"""VampPrior: a VAE whose prior is a mixture of the posteriors of learned pseudo-inputs.

    p(z) = 1/K sum_k q(z | u_k),    u_k learned pseudo-inputs             mixture_prior
    player    min  -log p(x | z)                                          bernoulli or gaussian
                 + beta [ log q(z | x) - log p(z) ],    z = m + exp(v/2) e    gaussian

Tomczak & Welling, "VAE with a VampPrior" (2018), equations 9 and 11. The KL to a mixture has no
closed form: the term "kl" is its estimate from one draw of z, unbiased and of either sign, so that
minus the sum of the terms is the log weight of that draw. Pseudo-inputs are images of pixels in
(0, 1), while the encoder otherwise sees binary pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.models.variational import GaussianPosterior, LatentModel, drawn, halves
from pipeline.networks.table import Table
from pipeline.objectives import gaussian, mixture_prior
from pipeline.study.fields import Count, Index


def mixture(model: LatentModel, net: Nets) -> tuple[Tensor, Tensor]:
    """m and v of q(z | u_k), (K, latent) each: the encoder's output for the pseudo-inputs."""
    u = net.pseudo()
    return halves(net.encoder(2 * u - 1 if model.likelihood == "gaussian" else u))


def mixture_noise(components: int, latent: int) -> dict[str, Distribution]:
    """The noise of a draw from the mixture."""
    return {"component": Integers(components), "e": Normal((latent,))}


def of_mixture(components: tuple[Tensor, Tensor], noise: Noise) -> Tensor:
    """Draws of z from the mixture, (B, latent). components: m and v, (K, latent) each."""
    mean, log_variance = (t[noise["component"]] for t in components)
    return drawn(mean, log_variance, noise["e"])


@dataclass(frozen=True)
class Model(GaussianPosterior):
    """Everything here is written for one replica; the ensemble adds the others."""

    depth: Index = 1  # hidden layers of each network; 0: linear
    pseudo_inputs: Count = 50  # K

    def networks(self) -> dict[str, nn.Module]:
        return {**self.autoencoder(self.depth), "pseudo": Table(self.pseudo_inputs, self.features)}

    def prior(self) -> Mapping[str, Distribution]:
        return mixture_noise(self.pseudo_inputs, self.latent)

    def players(self) -> tuple[Player, ...]:
        noise = {**self.posterior(), **self.observation()}
        moves = ("encoder", "decoder", "pseudo")
        return (Player("autoencoder", self.loss, moves, noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        terms = self.negative_elbo(net, batch, noise)
        return {**terms, "kl": self.beta * terms["kl"]}

    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        z = drawn(mean, log_variance, noise["e"])
        posterior = gaussian.log_density(z, mean, log_variance)
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z)),
            "kl": posterior - mixture_prior.log_density(z, *mixture(self, net)),
        }

    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        terms = self.negative_elbo(net, batch, noise)
        return -terms["reconstruction"] - terms["kl"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return self.decode(net, of_mixture(mixture(self, net), noise))
