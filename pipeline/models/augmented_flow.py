"""Augmented normalizing flow: an invertible map of an image together with noise.

    e ~ N(0, I);    each step i    e <- m_i(x) + exp(v_i(x) / 2) e        encode
                                   x <- (x - c_i(e)) exp(-s_i(e) / 2)     decode
    log p(x)  >=  E_e[ log N(x'; 0, I) + log N(e'; 0, I) + log |d(x', e') / d(x, e)| - log N(e) ]
    player    min  minus the bound: the terms of x' and its scales, "reconstruction", + of e', "kl"

Huang, Dinh & Courville, "Augmented Normalizing Flows: Bridging the Gap Between Generative Flows
and Latent Variable Models" (2020), section 3. One step is the VAE with likelihood
N(c(z), exp(s(z))) and its one-draw bound, whatever the size of e; here e may be as large as the
image, and there may be more steps. The bound at one draw of e is that draw's log weight.

Binary pixels have no density, so each is spread over its half of [-1, 1]: x = b + u - 1 with b
drawn as in pipeline/models/vae.py and u ~ U[0, 1). As these halves have length 1,
E_u log p(b + u - 1) <= log P(b) (Theis, van den Oord & Bethge, "A note on the evaluation of
generative models", 2016, section 3.1): a bound in nats, comparable with Bernoulli likelihoods of
the same binary images.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal, Uniform
from pipeline.models.variational import halves
from pipeline.networks.dense import dense
from pipeline.objectives import gaussian
from pipeline.study.fields import Count

Map = Callable[[Tensor], tuple[Tensor, Tensor]]  # a mean and a log variance


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count  # the size of e; a VAE's is smaller than the image, a flow's as large
    width: Count
    depth: Count = 1  # hidden layers of each network
    steps: Count = 1
    network: Literal["mlp", "tanh", "gated"] = "mlp"

    def networks(self) -> dict[str, nn.Module]:
        hidden = (self.width,) * self.depth
        networks: dict[str, nn.Module] = {}
        for i in range(self.steps):
            encoder = dense(self.network, self.features, *hidden, 2 * self.latent)
            decoder = dense(self.network, self.latent, *hidden, 2 * self.features)
            networks |= {f"encoder{i}": encoder, f"decoder{i}": decoder}
        return networks

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,)), "y": Normal((self.features,))}

    def posterior(self) -> Mapping[str, Distribution]:
        """The noise e that an image is augmented with."""
        return {"e": Normal((self.latent,))}

    def observation(self) -> Mapping[str, Distribution]:
        """The noise of an observed image: each binary pixel, and its position in its half."""
        return {"pixel": Uniform((self.features,)), "spread": Uniform((self.features,))}

    def players(self) -> tuple[Player, ...]:
        noise = {**self.posterior(), **self.observation()}
        moves = tuple(f"{name}{i}" for i in range(self.steps) for name in ("encoder", "decoder"))
        return (Player("flow", self.negative_elbo, moves, noise=noise),)

    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, e = self.observed(batch["x"], noise), noise["e"]
        kl, reconstruction = gaussian.standard_log_density(e), torch.zeros_like(x[..., 0])
        for encode, decode in self.pairs(net):
            mean, log_variance = encode(x)
            e = mean + (log_variance / 2).exp() * e
            kl = kl - log_variance.sum(-1) / 2
            mean, log_variance = decode(e)
            x = (x - mean) * (-log_variance / 2).exp()
            reconstruction = reconstruction + log_variance.sum(-1) / 2
        return {
            "reconstruction": reconstruction - gaussian.standard_log_density(x),
            "kl": kl - gaussian.standard_log_density(e),
        }

    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """log p(x, e) - log N(e) at one draw of e, shape (B,)."""
        terms = self.negative_elbo(net, batch, noise)
        return -terms["reconstruction"] - terms["kl"]

    def pairs(self, net: Nets) -> list[tuple[Map, Map]]:
        """The maps of each step, each to a mean and a log variance."""

        def map_of(name: str) -> Map:
            return lambda x: halves(getattr(net, name)(x))

        return [(map_of(f"encoder{i}"), map_of(f"decoder{i}")) for i in range(self.steps)]

    def observed(self, x: Tensor, noise: Noise) -> Tensor:
        """Binary pixels drawn from the grey ones, spread over [-1, 0) and [0, 1)."""
        return (noise["pixel"] < (x + 1) / 2).to(x.dtype) + noise["spread"] - 1

    def reconstruction(self, x: Tensor, decoded: Tensor) -> Tensor:
        return gaussian.negative_log_likelihood(x, *decoded.chunk(2, dim=-1))

    def blind(self, x: Tensor) -> Tensor:
        """The output of the best decoder that ignores e: mean and log variance of each pixel.

        The variance is p (1 - p) of a binary pixel plus 1/12 of the uniform spread.
        """
        lit = ((x + 1) / 2).mean(0)
        return torch.cat([lit - 0.5, (lit * (1 - lit) + 1 / 12).log()])

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """A draw from p(x): the inverse of each step, from the last to the first."""
        e, x = noise["z"], noise["y"]
        for encode, decode in reversed(self.pairs(net)):
            mean, log_variance = decode(e)
            x = x * (log_variance / 2).exp() + mean
            mean, log_variance = encode(x)
            e = (e - mean) * (-log_variance / 2).exp()
        return x
