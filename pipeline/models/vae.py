"""VAE: an encoder and a decoder that together raise a lower bound of log p(x).

    log p(x)  >=  ELBO = E_{q(z|x)}[ log p(x|z) ] - KL( q(z|x) || N(0, I) )
    player    min  -log p(x | z = m + exp(v/2) e)       bernoulli or gaussian
                 + beta KL( N(m, exp(v)) || N(0, I) )   gaussian_kl
    weight    log w = log p(x|z) + log p(z) - log q(z|x),    E log w = ELBO,    E w = p(x)

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), equations 3, 7 and 10, with one
draw of e ~ N(0, I) per example; Higgins et al., "beta-VAE" (2017), equation 4: beta = 1 is the
bound, and whatever beta trained, the bound is what is measured. Encoder: (B, features) -> m and
v = log s^2, (B, latent) each; decoder: (B, latent) -> (B, features), logits or means. Without
hidden layers both are linear: Lucas et al., "Don't Blame the ELBO!" (2019).

Bernoulli: grey pixels are read as probabilities and drawn black or white afresh each time
(Salakhutdinov & Murray, 2008, section 5.1), so that the likelihood is one of x; or, with `grey`,
put into the formula as they are, a cross-entropy and no likelihood. Gaussian: pixels in [-1, 1]
under one log variance, fixed or learned with the weights (Rybkin et al., "Simple and Effective
VAE Training with Calibrated Decoders", 2021); a density, in nats per image.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from pipeline.engine.ensemble import Player
from pipeline.engine.randomness import Normal, Uniform
from pipeline.networks.dense import dense
from pipeline.networks.scalar import Beside
from pipeline.objectives import bernoulli, gaussian, gaussian_kl
from pipeline.study.fields import Count, Index, NonNegative, Real

INSIDE = 1 - 2**-23  # the means that tanh reaches in float32 at a finite argument


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count
    likelihood: Literal["bernoulli", "gaussian"]
    depth: Index = 1  # hidden layers of each network; 0: linear
    beta: NonNegative = 1.0  # the weight of the KL term in training
    grey: bool = False  # Bernoulli of grey pixels, none drawn black or white
    log_variance: Real = 0.0  # of the Gaussian likelihood, per pixel in [-1, 1]
    variance: Literal["fixed", "learned"] = "fixed"  # learned: it starts at log_variance
    output: Literal["linear", "tanh"] = "linear"  # of the Gaussian mean; tanh stays in [-1, 1]
    network: Literal["mlp", "tanh", "gated"] = "mlp"

    def networks(self):
        hidden = (self.width,) * self.depth
        encoder = dense(self.network, self.features, *hidden, 2 * self.latent)
        decoder = dense(self.network, self.latent, *hidden, self.features)
        if self.variance == "learned":
            decoder.append(Beside(self.log_variance))
        return {"encoder": encoder, "decoder": decoder}

    def prior(self):
        return {"z": Normal((self.latent,))}

    def posterior(self):
        """The noise of z given x."""
        return {"e": Normal((self.latent,))}

    def observation(self):
        """The noise of what is seen of an image."""
        drawn = self.likelihood == "bernoulli" and not self.grey
        return {"pixel": Uniform((self.features,))} if drawn else {}

    def players(self):
        noise = self.posterior() | self.observation()
        return (Player("autoencoder", self.loss, ("encoder", "decoder"), noise=noise),)

    def loss(self, net, batch, noise):
        terms = self.negative_elbo(net, batch, noise)
        return terms | {"kl": self.beta * terms["kl"]}

    def negative_elbo(self, net, batch, noise):
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        z = mean + (log_variance / 2).exp() * noise["e"]
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z)),
            "kl": gaussian_kl.kl_to_standard_normal(mean, log_variance),
        }

    def log_weight(self, net, batch, noise):
        """log p(x|z) + log p(z) - log q(z|x) of one draw z of q, shape (B,)."""
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        return self.weight(net, x, mean, log_variance, noise["e"])

    def weight(self, net, x, mean, log_variance, e):
        """The same of x as it is observed and z = m + exp(v/2) e."""
        z = mean + (log_variance / 2).exp() * e
        prior = gaussian.standard_log_density(z)
        posterior = gaussian.log_density(z, mean, log_variance)
        return prior - posterior - self.reconstruction(x, net.decoder(z))

    def encode(self, net, x):
        """m and v of q(z | x), of x as it is observed."""
        return net.encoder(x).chunk(2, dim=-1)

    def observed(self, x, noise):
        """What the likelihood is a likelihood of: the pixels, or black and white from them."""
        if self.likelihood == "gaussian":
            return x
        return (x + 1) / 2 if self.grey else (noise["pixel"] < (x + 1) / 2).to(x.dtype)

    def reconstruction(self, x, decoded):
        if self.likelihood == "bernoulli":
            return bernoulli.negative_log_likelihood(x, decoded)
        fixed = decoded.new_tensor(self.log_variance)
        log_variance = fixed if self.variance == "fixed" else decoded[..., self.features :]
        return gaussian.negative_log_likelihood(x, self.mean(decoded), log_variance)

    def mean(self, decoded):
        """The mean image of p(x | z)."""
        if self.likelihood == "bernoulli":
            return 2 * decoded.sigmoid() - 1
        decoded = decoded[..., : self.features]
        return decoded.tanh() if self.output == "tanh" else decoded

    def blind(self, x):
        """What the best decoder gives that ignores z: the training images' pixel means.

        A pixel that is never lit in x (N, features) counts as lit once in N + 2 (Laplace).
        """
        if self.likelihood == "bernoulli":
            return ((((x + 1) / 2).sum(0) + 1) / (len(x) + 2)).logit()
        mean = x.mean(0)
        decoded = mean.clamp(-INSIDE, INSIDE).atanh() if self.output == "tanh" else mean
        if self.variance == "fixed":
            return decoded
        return torch.cat([decoded, (x - mean).square().mean().log()[None]])

    def code(self, net, x):
        """The mean of q(z | x), (B, latent); grey pixels are not drawn black or white."""
        return self.encode(net, x if self.likelihood == "gaussian" else (x + 1) / 2)[0]

    def decode(self, net, z):
        """The mean image of p(x | z): no pixel noise is added."""
        return self.mean(net.decoder(z))

    def reconstruct(self, net, x):
        return self.decode(net, self.code(net, x))

    def sample(self, net, noise):
        return self.decode(net, noise["z"])
