"""k-means: as many centres as there are classes, and each example at the nearest.

    min_{m_1 ... m_K} sum_i min_k |x_i - m_k|^2,    score of cluster k    -|x - m_k|^2

Lloyd (1982), by scikit-learn, the best of ten starts. No label is used.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.datasets import sizes
from pipeline.engine.ensemble import Nets

STARTS = 10


def unfit(dataset: Any) -> str:
    """Each cluster begins at an example of its own."""
    few = sizes(dataset).get("train", dataset.classes) < dataset.classes
    return f"{dataset.classes} training examples" if few else ""


@dataclass(frozen=True)
class Control:
    """Clusters of the examples as they are."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    def networks(self) -> dict[str, nn.Module]:
        return {"centres": Stored(means=(self.dataset.classes, self.dataset.features))}

    def fitted(self, seed: int) -> Fitted:
        return {"centres": {"means": centres(self.train, self.dataset.classes, seed)}}

    def cluster_logits(self, net: Nets, x: Tensor) -> Tensor:
        (means,) = net.centres()
        return nearness(x, means)


def centres(x: Tensor, clusters: int, seed: int) -> Tensor:
    """The means of k-means, (K, d). x: points, (N, d). clusters: K."""
    from sklearn.cluster import KMeans  # a second, and only a control that asks pays it

    made = KMeans(clusters, n_init=STARTS, random_state=seed).fit(x.double().numpy())
    return torch.from_numpy(made.cluster_centers_).float()


def nearness(x: Tensor, means: Tensor) -> Tensor:
    """x'm_k - |m_k|^2 / 2, (B, K): half of -|x - m_k|^2, but for a term of x alone."""
    return x @ means.T - means.square().sum(-1) / 2
