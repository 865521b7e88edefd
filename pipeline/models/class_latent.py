"""What M2 and M1+M2 share: a latent-variable model with a class. Abstract classes, no model.

    log p(v, y) >= -L(v, y) = E_q[ log p(v | y, z) ] + log p(y) - KL( q(z | v, y) || p(z) )
    log p(v)    >= -U(v)    = sum_y q(y | v) ( -L(v, y) ) + H( q(y | v) )
    player    min  E_labelled[ L ] + w E[ U ] + a E_labelled[ -log q(y | v) ]

Kingma, Mohamed, Rezende & Welling, "Semi-supervised Learning with Deep Generative Models" (2014),
equations 6 to 9. p(y) is uniform, p(z) = N(0, I). v is what the model sees: pixels in M2, features
of M1 in M1+M2. Encoder: (v, e_y) -> m and log variance of z; decoder: (z, e_y) -> p(v | y, z);
classifier: v -> logits of q(y | v). L of an unlabelled example is computed for every class, each
with a draw of z of its own. The paper sums over N unlabelled and n labelled examples, a = .1 N;
here all terms are means, so that its weights are w = N / n and a = .1 N.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.few_labels import FewLabels
from pipeline.networks.mlp import mlp
from pipeline.networks.one_hot import one_hot
from pipeline.objectives.class_marginal import unlabelled_bound
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.objectives.gaussian_kl import kl_to_standard_normal
from pipeline.study.fields import Count, NonNegative

NETWORKS = ("classifier", "encoder", "decoder")


@dataclass(frozen=True)
class ClassLatent(FewLabels):
    """The bounds with and without a class, written for one replica."""

    latent: Count = field(default=20, kw_only=True)  # of z
    depth: Count = field(default=1, kw_only=True)  # hidden layers of each network
    unlabelled_weight: NonNegative = field(default=1.0, kw_only=True)  # w
    class_weight: NonNegative = field(default=1.0, kw_only=True)  # a

    @abstractmethod
    def missed(self, v: Tensor, decoded: Tensor) -> Tensor:
        """-log p(v | y, z) of the decoder's output, (B,)."""

    def class_networks(self, seen: int, decoded: int) -> dict[str, nn.Module]:
        """seen: numbers of v. decoded: outputs of the decoder."""
        hidden = (self.width,) * self.depth
        made = (
            mlp(seen, *hidden, self.classes),
            mlp(seen + self.classes, *hidden, 2 * self.latent),
            mlp(self.latent + self.classes, *hidden, decoded),
        )
        return dict(zip(NETWORKS, made, strict=True))

    def posterior_noise(self) -> dict[str, Distribution]:
        """Of z: one draw for a labelled example, one for each class of an unlabelled one."""
        return {"e": Normal((self.latent,)), "each": Normal((self.classes, self.latent))}

    def bound(self, net: Nets, v: Tensor, label: Tensor, e: Tensor) -> Tensor:
        """L(v, y), (B,) in nats. v: (B, seen). label: y, (B,). e: (B, latent)."""
        y = one_hot(label, self.classes, v.dtype)
        mean, log_variance = net.encoder(torch.cat([v, y], dim=-1)).chunk(2, dim=-1)
        z = mean + (log_variance / 2).exp() * e
        decoded = net.decoder(torch.cat([z, y], dim=-1))
        kl = kl_to_standard_normal(mean, log_variance)
        return self.missed(v, decoded) + kl + math.log(self.classes)

    def bounds(self, net: Nets, v: Tensor, each: Tensor) -> Tensor:
        """L(v, y) of every class, (B, K). each: e by class, (B, K, latent)."""
        rows = v[:, None].expand(-1, self.classes, -1).flatten(0, 1)
        label = torch.arange(self.classes, device=v.device).repeat(len(v))
        found: Tensor = self.bound(net, rows, label, each.flatten(0, 1))
        return found.view(-1, self.classes)

    def class_terms(self, net: Nets, v: Tensor, label: Tensor, u: Tensor, noise: Noise) -> Terms:
        """The three terms. v, label: of labelled examples. u: what is seen of unlabelled ones."""
        bounds = self.bounds(net, u, noise["each"])
        return {
            "labelled": self.bound(net, v, label, noise["e"]),
            "unlabelled": self.unlabelled_weight * unlabelled_bound(net.classifier(u), bounds),
            "cross_entropy": self.class_weight * cross_entropy(net.classifier(v), label),
        }

    def class_prior(self) -> Mapping[str, Distribution]:
        """The noise of a sample, beside its class."""
        return {"z": Normal((self.latent,))}

    def decoded(self, net: Nets, batch: Batch) -> Tensor:
        """The decoder's output for z and a class of the noise, (B, ...)."""
        y = one_hot(batch["label"], self.classes, batch["z"].dtype)
        return net.decoder(torch.cat([batch["z"], y], dim=-1))
