"""VampPrior: a VAE whose prior is a mixture of what its own encoder says of learned images.

    p(z) = 1/K sum_k q(z | u_k),    u_k learned pseudo-inputs             mixture_prior
    player    min  -log p(x | z)                                          as pipeline/models/vae.py
                 + beta [ log q(z | x) - log p(z) ],    z = m + exp(v/2) e    gaussian

Tomczak & Welling, "VAE with a VampPrior" (2018), equations 9 and 11. The divergence from a
mixture has no closed form: the term "kl" is its estimate from the one draw of z, unbiased and
of either sign, so that minus the sum of the terms is the log weight of that draw. Pseudo-inputs
are images of pixels in (0, 1), where the encoder is used to black and white ones.
"""

from dataclasses import dataclass

from torch import nn

from pipeline.engine.ensemble import Player
from pipeline.engine.randomness import Integers, Normal
from pipeline.models import vae
from pipeline.networks.table import Table
from pipeline.objectives import gaussian, mixture_prior
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(vae.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    pseudo_inputs: Count = 50  # K

    def networks(self) -> dict[str, nn.Module]:
        return super().networks() | {"pseudo": Table(self.pseudo_inputs, self.features)}

    def prior(self):
        return {"component": Integers(self.pseudo_inputs), "e": Normal((self.latent,))}

    def players(self):
        noise = self.posterior() | self.observation()
        moves = ("encoder", "decoder", "pseudo")
        return (Player("autoencoder", self.loss, moves, noise=noise),)

    def negative_elbo(self, net, batch, noise):
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        z = mean + (log_variance / 2).exp() * noise["e"]
        posterior = gaussian.log_density(z, mean, log_variance)
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z)),
            "kl": posterior - self.log_prior(net, z),
        }

    def log_weight(self, net, batch, noise):
        """log p(x|z) + log p(z) - log q(z|x) of one draw z of q, shape (B,)."""
        terms = self.negative_elbo(net, batch, noise)
        return -terms["reconstruction"] - terms["kl"]

    def log_prior(self, net, z):
        """log p(z), shape (B,)."""
        return mixture_prior.log_density(z, *self.components(net))

    def components(self, net):
        """m and v of q(z | u_k), (K, latent) each."""
        u = net.pseudo()
        return self.encode(net, 2 * u - 1 if self.likelihood == "gaussian" else u)

    def latents(self, net, noise):
        """z of the prior, (B, latent)."""
        mean, log_variance = (t[noise["component"]] for t in self.components(net))
        return mean + (log_variance / 2).exp() * noise["e"]

    def sample(self, net, noise):
        """The mean image of p(x | z): no pixel noise is added."""
        return self.mean(net.decoder(self.latents(net, noise)))
