"""The least-squares affine map of the training pairs, in each direction.

    W, b = argmin sum_i |y_i - W x_i - b|^2

Gauss (1809). It is told the partners, which unpaired games are not, and is the best that a map can
do that knows no strokes; a game has to be better by more than its networks' curvature.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.engine.ensemble import Nets
from pipeline.metrics.partner_error import affine_map

WAYS = {"there": ("x", "partner"), "back": ("partner", "x")}


def unfit(dataset: Any) -> str:
    """Partners must be known."""
    return "" if getattr(dataset, "partners", False) else "partners"


@dataclass(frozen=True)
class Control:
    """Regression of partners on images."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor
    pools: dict[str, dict[str, Tensor]]

    def networks(self) -> dict[str, nn.Module]:
        d = self.dataset.features
        return {way: Stored(offset=(d,), slope=(d, d)) for way in WAYS}

    def fitted(self, seed: int) -> Fitted:
        found = {}
        for way, ends in WAYS.items():
            x, y = (self.pools["train"][end].double() for end in ends)
            eye = torch.eye(x.shape[1], dtype=x.dtype)
            offset = affine_map(x, y, 0 * eye[:1])
            found[way] = {"offset": offset[0], "slope": affine_map(x, y, eye) - offset}
        return found

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        offset, slope = net.there()
        return offset + x @ slope

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        offset, slope = net.back()
        return offset + x @ slope
