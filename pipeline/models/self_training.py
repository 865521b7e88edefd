"""Self-training: a classifier that takes its own answers for labels, the control of few labels.

    player    min  E_(x,y) labelled [-log p(y | x)] + w t E_x[-log p(y'(x) | x)]    cross_entropy
              y'(x) = argmax_k p(k | x), without noise

Lee, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method" (2013), equation 15.
No gradient flows through y', and t grows from 0 to 1 over the training. What it gains over
few_label_classifier, the same network, is gained without a generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.few_labels import DRAWS, NoisyClassifier
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.study.fields import NonNegative


@dataclass(frozen=True)
class Model(NoisyClassifier):
    """Everything here is written for one replica; the ensemble adds the others."""

    own_weight: NonNegative = 1.0  # w

    def networks(self) -> Mapping[str, nn.Module]:
        return self.classifier()

    def players(self) -> tuple[Player, ...]:
        noise, moves = self.shaken("labelled", "unlabelled"), ("trunk", "head")
        return (Player("classifier", self.loss, moves, noise, draws=DRAWS, progress=True),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        weight = self.own_weight * batch["progress"]
        return {
            "cross_entropy": self.supervised(net, batch, noise),
            "own_class": weight * self.own_class(net, batch["x"], noise),
        }

    def own_class(self, net: Nets, x: Tensor, noise: Noise) -> Tensor:
        """-log p(y'(x) | x) of unlabelled examples, (B,)."""
        own = self.class_logits(net, x).detach().argmax(-1)
        return cross_entropy(net.head(self.hidden(net, x, noise, "unlabelled")), own)
