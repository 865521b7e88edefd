"""The baseline of few labels: the same network as the game's, trained on its label split alone.

    player    min  E_(x,y) labelled [-log p(y | x)]    cross_entropy

Salimans et al., "Improved Techniques for Training GANs" (2016), section 5. Network and noise:
pipeline/models/few_labels.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.few_labels import NoisyClassifier


@dataclass(frozen=True)
class Model(NoisyClassifier):
    """Everything here is written for one replica; the ensemble adds the others."""

    def networks(self) -> Mapping[str, nn.Module]:
        return self.classifier()

    def players(self) -> tuple[Player, ...]:
        noise, draws = self.shaken("labelled"), {"labelled": "few"}
        return (Player("classifier", self.loss, ("trunk", "head"), noise, draws=draws),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        return {"cross_entropy": self.supervised(net, batch, noise)}
