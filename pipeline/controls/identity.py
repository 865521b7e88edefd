"""The identity: what a translation has before anything is learned.

    G(x) = x,    F(y) = y

Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (2017), whose identity term has its minimum there. It closes every cycle and keeps every
class; only the error to the true partner, and the domain, tell that nothing was done.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.engine.ensemble import Nets


@dataclass(frozen=True)
class Control:
    """Images as they are, in both directions and in every domain."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    def networks(self) -> dict[str, nn.Module]:
        return {"still": Stored(nothing=())}  # a replica is told by what it holds

    def fitted(self, seed: int) -> Fitted:
        return {}

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        return x

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        return x

    def to_domain(self, net: Nets, x: Tensor, domain: Tensor) -> Tensor:
        return x
