"""Completions from neighbours: what is missing is that of a training image which looks alike.

    y = m x + (1 - m) x_j,    j one of the K training images with the least |m (x - x_i)|

Fix & Hodges (1951), nearest neighbours, here to draw from, as Hays & Efros, "Scene Completion
Using Millions of Photographs" (2007). No training, and every missing part is one that is real.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers
from pipeline.models.completing import masks, noise_of_masks

NEIGHBOURS = 5


@dataclass(frozen=True)
class Control:
    """Training examples, given out by what is known."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    def networks(self) -> dict[str, nn.Module]:
        return {"known": Stored(x=tuple(self.train.shape))}

    def fitted(self, seed: int) -> Fitted:
        return {"known": {"x": self.train}}

    def mask_noise(self) -> Mapping[str, Distribution]:
        return noise_of_masks(self.dataset.features, self.dataset.shape)

    def mask(self, noise: Noise) -> Tensor:
        return masks(noise, self.dataset.shape)

    def completion_noise(self) -> Mapping[str, Distribution]:
        return {"neighbour": Integers(min(NEIGHBOURS, len(self.train)))}

    def complete(self, net: Nets, x: Tensor, mask: Tensor, noise: Noise) -> Tensor:
        (known,) = net.known()
        # |m (x - k)|^2 = sum m x^2 - 2 m x k + m k^2, of which the first is the same for all k.
        apart = mask @ known.square().T - 2 * (mask * x) @ known.T
        nearest = apart.topk(min(NEIGHBOURS, len(self.train)), largest=False, dim=-1).indices
        chosen = torch.gather(nearest, 1, noise["neighbour"][:, None])[:, 0]
        return mask * x + (1 - mask) * known[chosen]
