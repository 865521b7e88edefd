"""k-means on an untrained encoder: what the shape of a network does without any learning.

    h = E(x),    E of random weights,    score of cluster k    -|h - m_k|^2

An untrained encoder is a strong one: on MNIST its nearest neighbour is right in 96.84 % of cases
and that of raw pixels in 96.91 % (Donahue, Krahenbuhl & Darrell, "Adversarial Feature Learning",
2017, at epoch 0). E is the trunk of a game's discriminator: two hidden layers of 128, the second
without its nonlinearity. Each replica has its own weights.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.controls.k_means import centres, nearness
from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import seed64
from pipeline.networks.mlp import mlp

WIDTH = 128


@dataclass(frozen=True)
class Control:
    """Clusters of random features."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    def networks(self) -> dict[str, nn.Module]:
        return {
            "encoder": mlp(self.dataset.features, WIDTH, WIDTH),
            "centres": Stored(means=(self.dataset.classes, WIDTH)),
        }

    def fitted(self, seed: int) -> Fitted:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed64(seed, "control/encoder"))
            encoder = mlp(self.dataset.features, WIDTH, WIDTH)
            codes = encoder(self.train)
        weights = {name: w.detach() for name, w in encoder.named_parameters()}
        means = centres(codes, self.dataset.classes, seed)
        return {"encoder": weights, "centres": {"means": means}}

    def cluster_logits(self, net: Nets, x: Tensor) -> Tensor:
        (means,) = net.centres()
        return nearness(net.encoder(x), means)
