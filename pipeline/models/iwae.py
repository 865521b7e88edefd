"""IWAE: the networks of a VAE, trained on a bound that several draws make tighter.

    log p(x)  >=  L_K = E[ log 1/K sum_k w_k ],    log w = log p(x|z) + log p(z) - log q(z|x)
    player    min  -log 1/K sum_k w_k,    z_k = m + exp(v/2) e_k    importance_weighted

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8, with K
draws of e ~ N(0, I) per example; K = 1 is the VAE whose KL term is estimated by the same draw.
Encoder: (B, features) -> m and v = log s^2, (B, latent) each; decoder: (B, latent) ->
(B, features), logits. Pixels are drawn black or white afresh each time, as for the VAE.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.ensemble import Player
from pipeline.fields import Count
from pipeline.networks.dense import dense
from pipeline.objectives import bernoulli, gaussian, gaussian_kl, importance_weighted
from pipeline.streams import Normal, Uniform


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count
    draws: Count  # K of the bound that is trained
    depth: Count = 1  # hidden layers of each network
    network: Literal["mlp", "tanh", "gated"] = "mlp"

    def networks(self):
        hidden = (self.width,) * self.depth
        return {
            "encoder": dense(self.network, self.features, *hidden, 2 * self.latent),
            "decoder": dense(self.network, self.latent, *hidden, self.features),
        }

    def prior(self):
        return {"z": Normal((self.latent,))}

    def posterior(self):
        """The noise of one draw of z given x."""
        return {"e": Normal((self.latent,))}

    def observation(self):
        """The noise of what is seen of an image."""
        return {"pixel": Uniform((self.features,))}

    def players(self):
        noise = {"e": Normal((self.draws, self.latent))} | self.observation()
        return (Player("autoencoder", self.loss, ("encoder", "decoder"), noise=noise),)

    def loss(self, net, batch, noise):
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        weights = self.weight(net, x[:, None], mean[:, None], log_variance[:, None], noise["e"])
        return {"negative_bound": -importance_weighted.bound(weights)}

    def log_weight(self, net, batch, noise):
        """log p(x|z) + log p(z) - log q(z|x) of one draw z of q, shape (B,)."""
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        return self.weight(net, x, mean, log_variance, noise["e"])

    def weight(self, net, x, mean, log_variance, e):
        z = mean + (log_variance / 2).exp() * e
        prior = gaussian.standard_log_density(z)
        posterior = gaussian.log_density(z, mean, log_variance)
        return prior - posterior - self.reconstruction(x, net.decoder(z))

    def negative_elbo(self, net, batch, noise):
        """The VAE's terms, at one draw of z: what is measured, and is not trained."""
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        z = mean + (log_variance / 2).exp() * noise["e"]
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z)),
            "kl": gaussian_kl.kl_to_standard_normal(mean, log_variance),
        }

    def encode(self, net, x):
        """m and v of q(z | x), of x as it is observed."""
        return net.encoder(x).chunk(2, dim=-1)

    def observed(self, x, noise):
        """Black and white drawn from the pixels, which the likelihood is a likelihood of."""
        return (noise["pixel"] < (x + 1) / 2).to(x.dtype)

    def reconstruction(self, x, decoded):
        return bernoulli.negative_log_likelihood(x, decoded)

    def blind(self, x):
        """What the best decoder gives that ignores z: the training images' pixel means.

        A pixel that is never lit in x (N, features) counts as lit once in N + 2 (Laplace).
        """
        return ((((x + 1) / 2).sum(0) + 1) / (len(x) + 2)).logit()

    def code(self, net, x):
        """The mean of q(z | x), (B, latent); grey pixels are not drawn black or white."""
        return self.encode(net, (x + 1) / 2)[0]

    def decode(self, net, z):
        """The mean image of p(x | z): no pixel noise is added."""
        return 2 * net.decoder(z).sigmoid() - 1

    def reconstruct(self, net, x):
        return self.decode(net, self.code(net, x))

    def sample(self, net, noise):
        return self.decode(net, noise["z"])
