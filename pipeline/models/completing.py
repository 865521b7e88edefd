"""What models that complete an example share: masks, of three kinds. An abstract class, no model.

    scattered    m_i = 1 with a chance that is itself uniform, so that every number of known
                 features occurs
    half         m = 1 on the upper, the lower, the left or the right half of an image
    patch        m = 0 on a patch of half the image's height and width, 1 around it

m_i = 1 where feature i is known. Each kind is as frequent; of points there is only the first.
Pathak, Krahenbuhl, Donahue, Darrell & Efros, "Context Encoders: Feature Learning by Inpainting"
(2016), figure 3, has regions of such kinds.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers, Uniform

KINDS = ("scattered", "half", "patch")


def noise_of_masks(features: int, shape: tuple[int, ...]) -> dict[str, Distribution]:
    """What a mask is made of. features: of an example. shape: H and W of an image."""
    scattered: dict[str, Distribution] = {"known": Uniform((features,)), "chance": Uniform(())}
    if len(shape) != 2:
        return scattered
    height, width = shape
    places: dict[str, Distribution] = {
        "kind": Integers(len(KINDS)),
        "side": Integers(4),
        "top": Integers(height - height // 2 + 1),
        "left": Integers(width - width // 2 + 1),
    }
    return scattered | places


def masks(noise: Noise, shape: tuple[int, ...]) -> Tensor:
    """m of each example, (B, features). noise: as above."""
    known = noise["known"]
    scattered = (known < noise["chance"][:, None]).to(known.dtype)
    if len(shape) != 2:
        return scattered
    height, width = shape
    i, j = (torch.arange(n, device=known.device) for n in shape)
    i, j = i[:, None].expand(height, width), j.expand(height, width)
    halves = torch.stack([2 * i < height, 2 * i >= height, 2 * j < width, 2 * j >= width]).flatten(
        1
    )
    side = noise["side"][:, None] == torch.arange(4, device=known.device)
    half = side.to(known.dtype) @ halves.to(known.dtype)
    down, right = i.flatten() - noise["top"][:, None], j.flatten() - noise["left"][:, None]
    inside = (down >= 0) & (down < height // 2) & (right >= 0) & (right < width // 2)
    kinds = torch.stack([scattered, half, 1 - inside.to(known.dtype)])
    chosen = noise["kind"] == torch.arange(len(KINDS), device=known.device)[:, None]
    return (chosen[..., None] * kinds).sum(0)


@dataclass(frozen=True)
class Completing(ABC):
    """A model that draws what is missing of an example, written for one replica."""

    features: int
    shape: tuple[int, ...] = field(kw_only=True)

    @abstractmethod
    def completion_noise(self) -> Mapping[str, Distribution]:
        """The noise of a completion."""

    @abstractmethod
    def complete(self, net: Nets, x: Tensor, mask: Tensor, noise: Noise) -> Tensor:
        """x where it is known, a draw of the rest elsewhere, (B, features)."""

    def mask_noise(self) -> Mapping[str, Distribution]:
        """What a mask is made of."""
        return noise_of_masks(self.features, self.shape)

    def mask(self, noise: Noise) -> Tensor:
        """m of each example, (B, features)."""
        return masks(noise, self.shape)
