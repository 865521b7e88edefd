"""Principal components of the training images: the best linear autoencoder of a rank.

    z = A' (x - m),    y = m + A z,    A the first k principal axes

Eckart & Young (1936); Baldi & Hornik, "Neural Networks and Principal Component Analysis" (1989).
There is a row for each `latent` of the experiment's runs, and its replicas are all alike.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.datasets import sizes
from pipeline.engine.ensemble import Nets
from pipeline.metrics.subspace import principal_axes

EACH = "latent"


def unfit(dataset: Any, latent: int) -> str:
    """There are no more axes than features, or training examples."""
    most = min(dataset.features, sizes(dataset).get("train", latent))
    return "" if latent <= most else f"{latent} features and training examples"


@dataclass(frozen=True)
class Control:
    """An autoencoder without a nonlinearity, exact."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor
    latent: int

    def networks(self) -> dict[str, nn.Module]:
        features = self.dataset.features
        return {"plane": Stored(mean=(features,), axes=(features, self.latent))}

    def fitted(self, seed: int) -> Fitted:
        axes = principal_axes(self.train.double(), self.latent)
        return {"plane": {"mean": self.train.double().mean(0), "axes": axes}}

    def code(self, net: Nets, x: Tensor) -> Tensor:
        mean, axes = net.plane()
        return (x - mean) @ axes

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        mean, axes = net.plane()
        return mean + z @ axes.T

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        return self.decode(net, self.code(net, x))
