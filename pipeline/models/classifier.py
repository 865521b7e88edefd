"""Classifier: predicts the class of an image; the evaluation classifiers are runs of it.

    player    min  -log p(y | x)    cross_entropy

A plain network, trained by the same engine as the models whose samples it classifies. Network:
(B, features) -> (B, classes) logits. In training, Gaussian noise of standard deviation `noise`
(pixels in [-1, 1]) is added to each example, which is Tikhonov regularisation (Bishop,
"Training with Noise is Equivalent to Tikhonov Regularization", 1995, equation 12). The objective:
Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs" (1990).
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Normal
from pipeline.networks.mlp import mlp
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.study.fields import Count, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    classes: int
    width: Count
    depth: Count = 2  # hidden layers
    noise: NonNegative = 0.0

    def networks(self) -> dict[str, nn.Module]:
        return {"classifier": mlp(self.features, *(self.width,) * self.depth, self.classes)}

    def players(self) -> tuple[Player, ...]:
        shaken = {"pixel": Normal((self.features,))}
        return (Player("classifier", self.loss, moves=("classifier",), noise=shaken),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        logits = self.class_logits(net, batch["x"] + self.noise * noise["pixel"])
        return {"cross_entropy": cross_entropy(logits, batch["label"])}

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.classifier(x)
