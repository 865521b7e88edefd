"""M2: a VAE of images whose class is a latent variable where it is not given.

    player    min  E_labelled[ L(x, y) ] + w E_x[ U(x) ] + a E_labelled[ -log q(y | x) ]

Kingma, Mohamed, Rezende & Welling, "Semi-supervised Learning with Deep Generative Models" (2014),
section 2, equation 9. p(x | y, z) is Bernoulli: binary pixels are drawn from grey ones anew each
time, as in pipeline/models/variational.py; classes are read off the grey pixels. Bounds:
pipeline/models/class_latent.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Uniform
from pipeline.models.class_latent import NETWORKS, ClassLatent
from pipeline.models.few_labels import DRAWS
from pipeline.objectives import bernoulli


@dataclass(frozen=True)
class Model(ClassLatent):
    """Everything here is written for one replica; the ensemble adds the others."""

    def networks(self) -> Mapping[str, nn.Module]:
        return self.class_networks(self.features, self.features)

    def players(self) -> tuple[Player, ...]:
        noise, pixel = self.posterior_noise(), Uniform((self.features,))
        noise |= {"pixel": pixel, "labelled_pixel": pixel}
        return (Player("autoencoder", self.loss, NETWORKS, noise, draws=DRAWS),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, label = self.labelled(batch)
        seen = (noise["labelled_pixel"] < (x + 1) / 2).to(x.dtype)
        unlabelled = (noise["pixel"] < (batch["x"] + 1) / 2).to(x.dtype)
        return self.class_terms(net, seen, label, unlabelled, noise)

    def missed(self, v: Tensor, decoded: Tensor) -> Tensor:
        return bernoulli.negative_log_likelihood(v, decoded)

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.classifier((x + 1) / 2)

    def prior(self) -> Mapping[str, Distribution]:
        return {**self.class_prior(), "label": Integers(self.classes)}

    def asked(self, noise: Noise) -> Tensor:
        """The class of each sample, (B,)."""
        return noise["label"]

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """The mean image of p(x | y, z): no pixel noise is added."""
        return 2 * self.decoded(net, noise).sigmoid() - 1
