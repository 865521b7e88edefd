"""Optimal transport of unpaired halves: a translation without pairs, and without a game.

    s = argmin sum_i |a_i - b_s(i)|^2 over one-to-one s,    G(x) = b_s(j),  j = argmin_i |x - a_i|

Kantorovich (1942); Villani, "Optimal Transport: Old and New" (2009), solved by
`scipy.optimize.linear_sum_assignment` over as many images of each half as the smaller one has, at
most SIZE, a draw of each replica's own. It knows what an unpaired game knows, the two halves, and
assumes one thing more: that a digit does not move far.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.controls.nearest_partner import nearest
from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import Uniform, draw

SIZE = 1_000  # images of a half: the time grows with its third power


def unfit(dataset: Any) -> str:
    """There must be two halves."""
    return "" if {"a", "b"} <= {*getattr(dataset, "pools", ())} else "the pools a and b"


@dataclass(frozen=True)
class Control:
    """A one-to-one match of two sets of images, given out by its nearer end."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor
    pools: dict[str, dict[str, Tensor]]

    @property
    def size(self) -> int:
        """How many images of each half are matched."""
        return min(SIZE, *(len(self.pools[pool]["x"]) for pool in ("a", "b")))

    def networks(self) -> dict[str, nn.Module]:
        shape = self.size, self.dataset.features
        return {"matched": Stored(a=shape, b=shape)}

    def fitted(self, seed: int) -> Fitted:
        from scipy.optimize import linear_sum_assignment  # 0.3 s that other stages need not pay

        a, b = (self._some(pool, seed) for pool in ("a", "b"))
        costs = torch.cdist(a.double(), b.double()).square()
        _, chosen = linear_sum_assignment(costs.numpy())
        return {"matched": {"a": a, "b": b[torch.from_numpy(chosen)]}}

    def _some(self, pool: str, seed: int) -> Tensor:
        x = self.pools[pool]["x"]
        order = draw(Uniform(()), (len(x),), seed, f"control/optimal_transport/{pool}", 0, "cpu")
        return x[order.argsort()[: self.size]]

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        a, b = net.matched()
        return b[nearest(a, x)]

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        a, b = net.matched()
        return a[nearest(b, x)]
