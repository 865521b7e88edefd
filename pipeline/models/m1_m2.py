"""M1+M2: a VAE of images, and then M2 on its latents in place of pixels.

    features       min  -log p(x | z1) + KL( q(z1 | x) || N(0, I) ),    z1 ~ q(z1 | x)     phase 1
    autoencoder    min  E_labelled[ L(z1, y) ] + w E[ U(z1) ] + a E_labelled[ -log q(y | z1) ]
                                                                                          phase 2

Kingma, Mohamed, Rezende & Welling, "Semi-supervised Learning with Deep Generative Models" (2014),
section 2: M1 is trained without labels, and M2 sees draws of z1 as its data, whose p(z1 | y, z2)
is a Gaussian with mean and variance of its own for each coordinate. M1 stands still in phase 2, so
that no label reaches it. Classes are read off the mean of q(z1 | x). Bounds:
pipeline/models/class_latent.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.phases import Phase
from pipeline.engine.randomness import Distribution, Integers, Normal, Uniform
from pipeline.models.class_latent import NETWORKS, ClassLatent
from pipeline.models.few_labels import DRAWS
from pipeline.networks.mlp import mlp
from pipeline.objectives import bernoulli, gaussian, gaussian_kl
from pipeline.study.fields import Count, Fraction

FINEST = -6.0  # the least log variance of p(z1 | y, z2), so that its density stays bounded


@dataclass(frozen=True)
class Model(ClassLatent):
    """Everything here is written for one replica; the ensemble adds the others."""

    code_size: Count = 20  # of z1
    feature_share: Fraction = 0.5  # of the rounds, the first ones, in which M1 is trained

    def networks(self) -> Mapping[str, nn.Module]:
        hidden, d = (self.width,) * self.depth, self.code_size
        return {
            "feature_encoder": mlp(self.features, *hidden, 2 * d),
            "feature_decoder": mlp(d, *hidden, self.features),
            **self.class_networks(d, 2 * d),
        }

    def phases(self) -> tuple[Phase, ...]:
        first = Phase(("features",), self.feature_share)
        return first, Phase(("autoencoder",), 1 - self.feature_share)

    def players(self) -> tuple[Player, ...]:
        pixel, d = Uniform((self.features,)), Normal((self.code_size,))
        images: dict[str, Distribution] = {"pixel": pixel, "e1": d}
        noise = self.posterior_noise() | images | {"labelled_e1": d, "labelled_pixel": pixel}
        vae = ("feature_encoder", "feature_decoder")
        return (
            Player("features", self.feature_loss, vae, images),
            Player("autoencoder", self.loss, NETWORKS, noise, draws=DRAWS),
        )

    def feature_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = (noise["pixel"] < (batch["x"] + 1) / 2).to(batch["x"].dtype)
        mean, log_variance = self.feature_posterior(net, x)
        z1 = mean + (log_variance / 2).exp() * noise["e1"]
        decoded = net.feature_decoder(z1)
        return {
            "reconstruction": bernoulli.negative_log_likelihood(x, decoded),
            "kl": gaussian_kl.kl_to_standard_normal(mean, log_variance),
        }

    def feature_posterior(self, net: Nets, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z1 | x), (B, code_size) each. x: pixels in [0, 1]."""
        mean, log_variance = net.feature_encoder(x).chunk(2, dim=-1)
        return mean, log_variance

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, label = self.labelled(batch)
        v, u = (
            self._drawn(net, images, noise[f"{name}pixel"], noise[f"{name}e1"])
            for name, images in (("labelled_", x), ("", batch["x"]))
        )
        return self.class_terms(net, v, label, u, noise)

    def _drawn(self, net: Nets, x: Tensor, pixel: Tensor, e: Tensor) -> Tensor:
        """z1 of each image, binary pixels and z1 both drawn, (B, code_size)."""
        mean, log_variance = self.feature_posterior(net, (pixel < (x + 1) / 2).to(x.dtype))
        return mean + (log_variance / 2).exp() * e

    def missed(self, v: Tensor, decoded: Tensor) -> Tensor:
        mean, log_variance = decoded.chunk(2, dim=-1)
        return gaussian.negative_log_likelihood(v, mean, log_variance.clamp(min=FINEST))

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """The mean of q(z1 | x), (B, code_size)."""
        return self.feature_posterior(net, (x + 1) / 2)[0]

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.classifier(self.code(net, x))

    def prior(self) -> Mapping[str, Distribution]:
        own: dict[str, Distribution] = {"label": Integers(self.classes)}
        return {**self.class_prior(), "e1": Normal((self.code_size,)), **own}

    def asked(self, noise: Noise) -> Tensor:
        """The class of each sample, (B,)."""
        return noise["label"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """The mean image of p(x | z1), z1 drawn from p(z1 | y, z2)."""
        mean, log_variance = self.decoded(net, noise).chunk(2, dim=-1)
        z1 = torch.addcmul(mean, (log_variance.clamp(min=FINEST) / 2).exp(), noise["e1"])
        return 2 * net.feature_decoder(z1).sigmoid() - 1
