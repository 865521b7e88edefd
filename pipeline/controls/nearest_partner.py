"""The partner of the nearest training image: a translation by looking it up.

    G(x) = y_j,    j = argmin_i |x - x_i|

Cover & Hart, "Nearest Neighbor Pattern Classification" (1967). It is told the partners. What it
gives is always sharp and real, of the right class where neighbours are, and another digit.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.controls.least_squares_map import unfit as unfit
from pipeline.engine.ensemble import Nets


@dataclass(frozen=True)
class Control:
    """Training pairs, given out by their nearer end."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor
    pools: dict[str, dict[str, Tensor]]

    def networks(self) -> dict[str, nn.Module]:
        shape = tuple(self.pools["train"]["x"].shape)
        return {"pairs": Stored(partner=shape, x=shape)}

    def fitted(self, seed: int) -> Fitted:
        known = self.pools["train"]
        return {"pairs": {"partner": known["partner"], "x": known["x"]}}

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        partner, known = net.pairs()
        return partner[nearest(known, x)]

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        partner, known = net.pairs()
        return known[nearest(partner, x)]


def nearest(known: Tensor, x: Tensor) -> Tensor:
    """The place of the nearest row of `known`, (N, d), to each row of x, (B, d): (B,)."""
    return (known.square().sum(-1) / 2 - x @ known.T).argmin(-1)
