"""What the VAEs share: a likelihood of images, and a posterior. Abstract classes, no model.

    log p(x)  >=  ELBO = E_{q(z|x)}[ log p(x|z) ] - KL( q(z|x) || p(z) )
    q(z | x) = N(m, exp(v)),    z = m + exp(v/2) e,    e ~ N(0, I)

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), equations 3 and 10. Encoder:
(B, features) -> m and v = log s^2, (B, latent) each; decoder: (B, latent) -> (B, features), logits
or means. Without hidden layers both are linear: Lucas et al., "Don't Blame the ELBO!" (2019).

Bernoulli: grey pixels are read as probabilities, from which binary pixels are drawn anew each time
(dynamic binarisation: Salakhutdinov & Murray, 2008, section 5.1), so that the likelihood is one of
x; or, with `grey`, they enter the formula as they are, a cross-entropy and no likelihood.
Gaussian: pixels in [-1, 1] with one log variance, fixed or learned with the weights (Rybkin et
al., "Simple and Effective VAE Training with Calibrated Decoders", 2021); a density, in nats per
image.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal, Uniform
from pipeline.networks.dense import dense
from pipeline.networks.scalar import Beside
from pipeline.objectives import bernoulli, gaussian, gaussian_kl
from pipeline.study.fields import Count, NonNegative, Real

INSIDE = 1 - 2**-23  # the largest mean that tanh reaches in float32 at a finite argument


def drawn(mean: Tensor, log_variance: Tensor, e: Tensor) -> Tensor:
    """z = m + exp(v/2) e."""
    return mean + (log_variance / 2).exp() * e


def halves(coded: Tensor) -> tuple[Tensor, Tensor]:
    """m and v, (B, latent) each, from an encoder's output, (B, 2 latent)."""
    mean, log_variance = coded.chunk(2, dim=-1)
    return mean, log_variance


@dataclass(frozen=True)
class LatentModel(ABC):
    """A decoder with a likelihood, written for one replica."""

    features: int
    latent: Count
    width: Count
    likelihood: Literal["bernoulli", "gaussian"]
    beta: NonNegative = 1.0  # the weight of the KL term in training
    grey: bool = False  # Bernoulli formula on grey pixels, without binarisation
    log_variance: Real = 0.0  # of the Gaussian likelihood, per pixel in [-1, 1]
    variance: Literal["fixed", "learned"] = "fixed"  # learned: it starts at log_variance
    output: Literal["linear", "tanh"] = "linear"  # of the Gaussian mean; tanh stays in [-1, 1]
    network: Literal["mlp", "tanh", "gated"] = "mlp"

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """An encoder, a decoder, and the prior's networks."""

    @abstractmethod
    def prior(self) -> Mapping[str, Distribution]:
        """The noise of a draw from the prior."""

    @abstractmethod
    def posterior(self) -> Mapping[str, Distribution]:
        """The noise of the latents given x."""

    @abstractmethod
    def players(self) -> tuple[Player, ...]:
        """One player: all networks together maximise the bound."""

    @abstractmethod
    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """-log p(x|z), "reconstruction", and "kl" under the model's own prior, (B,) each."""

    @abstractmethod
    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """log p(x|z) + log p(z) - log q(z|x) of one draw z of q, shape (B,)."""

    @abstractmethod
    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """The mean image of p(x | z), z from the prior: no pixel noise is added."""

    def observation(self) -> Mapping[str, Distribution]:
        """The noise of the observation: of the binary pixels, or none."""
        black_or_white = self.likelihood == "bernoulli" and not self.grey
        return {"pixel": Uniform((self.features,))} if black_or_white else {}

    def observed(self, x: Tensor, noise: Noise) -> Tensor:
        """The observation whose likelihood is computed: the pixels, or binary ones from them."""
        if self.likelihood == "gaussian":
            return x
        return (x + 1) / 2 if self.grey else (noise["pixel"] < (x + 1) / 2).to(x.dtype)

    def reconstruction(self, x: Tensor, decoded: Tensor) -> Tensor:
        """-log p(x | z), (B,), of an observed x and the decoder's output."""
        if self.likelihood == "bernoulli":
            return bernoulli.negative_log_likelihood(x, decoded)
        fixed = decoded.new_tensor(self.log_variance)
        log_variance = fixed if self.variance == "fixed" else decoded[..., self.features :]
        return gaussian.negative_log_likelihood(x, self.mean(decoded), log_variance)

    def mean(self, decoded: Tensor) -> Tensor:
        """The mean image of p(x | z)."""
        if self.likelihood == "bernoulli":
            return 2 * decoded.sigmoid() - 1
        decoded = decoded[..., : self.features]
        return decoded.tanh() if self.output == "tanh" else decoded

    def blind(self, x: Tensor) -> Tensor:
        """The output of the best decoder that ignores z: the training images' pixel means.

        x: training images, (N, features). Laplace's rule: a pixel that is never lit counts as lit
        once in N + 2 images.
        """
        if self.likelihood == "bernoulli":
            return ((((x + 1) / 2).sum(0) + 1) / (len(x) + 2)).logit()
        mean = x.mean(0)
        decoded = mean.clamp(-INSIDE, INSIDE).atanh() if self.output == "tanh" else mean
        if self.variance == "fixed":
            return decoded
        return torch.cat([decoded, (x - mean).square().mean().log()[None]])


@dataclass(frozen=True)
class GaussianPosterior(LatentModel):
    """One layer of latents with the encoder's Gaussian posterior; codes are its means."""

    def posterior(self) -> Mapping[str, Distribution]:
        return {"e": Normal((self.latent,))}

    def encode(self, net: Nets, x: Tensor) -> tuple[Tensor, Tensor]:
        """m and v of q(z | x) of an observed x, (B, latent) each."""
        return halves(net.encoder(x))

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """The mean of q(z | x), (B, latent); grey pixels are not binarised."""
        return self.encode(net, x if self.likelihood == "gaussian" else (x + 1) / 2)[0]

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        """The mean image of p(x | z): no pixel noise is added."""
        return self.mean(net.decoder(z))

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        return self.decode(net, self.code(net, x))

    def autoencoder(self, depth: int) -> dict[str, nn.Sequential]:
        """The encoder and the decoder. depth: hidden layers of each."""
        hidden = (self.width,) * depth
        encoder = dense(self.network, self.features, *hidden, 2 * self.latent)
        decoder = dense(self.network, self.latent, *hidden, self.features)
        if self.variance == "learned":
            decoder.append(Beside(self.log_variance))
        return {"encoder": encoder, "decoder": decoder}


@dataclass(frozen=True)
class StandardNormalPrior(GaussianPosterior):
    """The same, and p(z) = N(0, I): the KL of each latent has a closed form."""

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = self.observed(batch["x"], noise)
        mean, log_variance = self.encode(net, x)
        z = drawn(mean, log_variance, noise["e"])
        return {
            "reconstruction": self.reconstruction(x, net.decoder(z)),
            "kl": gaussian_kl.kl_to_standard_normal(mean, log_variance),
        }

    def kl_by_latent(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """KL( q(z_j | x) || p(z_j) ) in nats, (B, latent). mean, log_variance: of `encode`."""
        # Each latent is treated as an example with a single latent.
        return gaussian_kl.kl_to_standard_normal(mean[..., None], log_variance[..., None])

    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        x = self.observed(batch["x"], noise)
        return self.weight(net, x, *self.encode(net, x), noise["e"])

    def weight(
        self, net: Nets, x: Tensor, mean: Tensor, log_variance: Tensor, e: Tensor
    ) -> Tensor:
        """log p(x|z) + log p(z) - log q(z|x) of an observed x at z = m + exp(v/2) e, (B,)."""
        z = drawn(mean, log_variance, e)
        prior = gaussian.standard_log_density(z)
        posterior = gaussian.log_density(z, mean, log_variance)
        return prior - posterior - self.reconstruction(x, net.decoder(z))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return self.decode(net, noise["z"])
