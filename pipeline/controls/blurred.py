"""Training examples, blurred: every mode as often as it should be, and none as sharp.

    x = x_i + w e,    e ~ N(0, I),    i uniform over the training examples

w = sqrt 3 s where modes have a known width s, which makes them twice as wide; else half of each
feature's standard deviation: Parzen's window (1962), drawn from. An image is smoothed by the
binomial kernel (1, 2, 1) / 4 along both axes, its border repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from torch import Tensor
from torch.nn.functional import pad

from pipeline.controls import Samples
from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers, Normal

WIDER = 2.0  # times as wide as true modes


def unfit(dataset: Any) -> str:
    """Grey levels are smoothed along rows and columns."""
    return "" if dataset.levels is None or len(dataset.shape) == 2 else "rows and columns"


@dataclass(frozen=True)
class Control(Samples):
    """Examples with noise, or smoothed images."""

    def prior(self) -> Mapping[str, Distribution]:
        chosen: dict[str, Distribution] = {"i": Integers(len(self.train))}
        if self.dataset.levels is None:
            chosen["e"] = Normal((self.dataset.features,))
        return chosen

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        x = self.train[noise["i"]]
        if self.dataset.levels is not None:
            return smoothed(x.unflatten(-1, self.dataset.shape)).flatten(-2)
        if scale := getattr(self.dataset, "scale", None):
            return x + sqrt(WIDER**2 - 1) * scale * noise["e"]
        return x + self.train.std(0) / 2 * noise["e"]


def smoothed(x: Tensor) -> Tensor:
    """Images under the binomial kernel along both axes, (B, height, width) as x is."""
    x = pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    x = (x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) / 4
    return (x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]) / 4
