"""Hierarchical VAE: two layers of latents, z2 above z1, and images below both.

    p(x, z1, z2) = p(x | z1, z2) p(z1 | z2) p(z2)
    q(z1, z2 | x) = q(z1 | x, z2) q(z2 | x)
    player    min  -log p(x | z1, z2)                                   as pipeline/models/vae.py
                 + beta [ log q(z2 | x) - log p(z2)                     gaussian, mixture_prior
                        + log q(z1 | x, z2) - log p(z1 | z2) ]          gaussian

Tomczak & Welling, "VAE with a VampPrior" (2018), equations 12 to 14, from one draw of z2 and
then of z1. The top prior p(z2) is N(0, I), or their mixture of the encoder's answers to
pseudo-inputs. Each conditional is a diagonal Gaussian, but q(z1 | x), a mixture of them over
z2, need not be one. As in vamp_vae.py, minus the sum of the terms is the draw's log weight.
"""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from pipeline.engine.ensemble import Player
from pipeline.engine.randomness import Normal
from pipeline.models import vamp_vae
from pipeline.networks.dense import Joint, dense
from pipeline.networks.scalar import Beside
from pipeline.networks.table import Table
from pipeline.objectives import gaussian
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(vamp_vae.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    depth: Count = 2  # hidden layers of each network; where two inputs meet, after the first
    top: Literal["normal", "vamp"] = "normal"  # the prior of z2

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

    def prior(self):
        top = super().prior() if self.top == "vamp" else {"e": Normal((self.latent,))}
        return top | {"e1": Normal((self.latent,))}

    def posterior(self):
        """The noise of z2 and of z1 given x."""
        return {"e": Normal((self.latent,)), "e1": Normal((self.latent,))}

    def players(self):
        noise = self.posterior() | self.observation()
        moves = ("encoder", "lower_encoder", "lower_prior", "decoder")
        top = ("pseudo",) if self.top == "vamp" else ()
        return (Player("autoencoder", self.loss, moves + top, noise=noise),)

    def negative_elbo(self, net, batch, noise):
        x = self.observed(batch["x"], noise)
        q2 = self.encode(net, x)
        z2 = q2[0] + (q2[1] / 2).exp() * noise["e"]
        q1 = net.lower_encoder(x, z2).chunk(2, dim=-1)
        z1 = q1[0] + (q1[1] / 2).exp() * noise["e1"]
        p1 = net.lower_prior(z2).chunk(2, dim=-1)
        upper = gaussian.log_density(z2, *q2) - self.log_prior(net, z2)
        lower = gaussian.log_density(z1, *q1) - gaussian.log_density(z1, *p1)
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z1, z2)),
            "kl": upper + lower,
        }

    def log_prior(self, net, z):
        if self.top == "normal":
            return gaussian.standard_log_density(z)
        return super().log_prior(net, z)

    def sample(self, net, noise):
        """The mean image of p(x | z1, z2): no pixel noise is added."""
        z2 = self.latents(net, noise) if self.top == "vamp" else noise["e"]
        mean, log_variance = net.lower_prior(z2).chunk(2, dim=-1)
        z1 = mean + (log_variance / 2).exp() * noise["e1"]
        return self.mean(net.decoder(z1, z2))
