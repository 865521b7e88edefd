"""Uniform noise: what knows nothing of the data but between which numbers they lie.

    x = low + (high - low) u,    u ~ U[0, 1)^d

low and high are those of each feature over the training data. Of images each pixel has each grey
level equally often, so that black and white ones stay black and white. A statistic that such a
sample passes sees nothing: within 3 sigma, as Lin et al., "PacGAN" (2018), count, it hits most
modes of a ring.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from pipeline.controls import Samples
from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Uniform


@dataclass(frozen=True)
class Control(Samples):
    """Independent uniform features."""

    def prior(self) -> Mapping[str, Distribution]:
        return {"u": Uniform((self.dataset.features,))}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        if levels := self.dataset.levels:
            return 2 * (noise["u"] * (levels + 1)).floor().clamp(max=levels) / levels - 1
        low, high = self.train.amin(0), self.train.amax(0)
        return low + (high - low) * noise["u"]
