"""Image classifier: a convolutional network that predicts the class of a small image.

    player    min  -log p(y | x)    cross_entropy

For images of 28 by 28 pixels, where the plain network of classifier.py errs too often to judge. In
training each image is moved by up to `shift` pixels, up or down and to a side, at random, on a
black ground: Simard, Steinkraus & Platt, "Best Practices for Convolutional Neural Networks Applied
to Visual Document Analysis" (2003), section 2. Network: (B, features) -> (B, classes) logits
(pipeline/networks/small_images.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers
from pipeline.networks import small_images
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    classes: int
    width: Count = 16  # channels at the size of the image
    hidden: Count = 128
    shift: Index = 2  # pixels
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that cannot be halved twice

    def networks(self) -> dict[str, nn.Module]:
        sizes = self.width, self.hidden, self.classes
        return {"classifier": small_images.classifier(self.shape, *sizes)}

    def players(self) -> tuple[Player, ...]:
        noise: Mapping[str, Distribution] = {"place": Integers((2 * self.shift + 1) ** 2)}
        return (Player("classifier", self.loss, moves=("classifier",), noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        logits = self.class_logits(net, self.moved(batch["x"], noise["place"]))
        return {"cross_entropy": cross_entropy(logits, batch["label"])}

    def moved(self, x: Tensor, place: Tensor) -> Tensor:
        """Each image by its own shift, (B, features). place: in 0 ... (2 shift + 1)^2 - 1."""
        height, width = self.shape
        sides = [self.shift] * 4
        wide = pad(x.unflatten(1, self.shape), sides, value=-1.0)
        rows = place[:, None] // (2 * self.shift + 1) + torch.arange(height, device=x.device)
        columns = place[:, None] % (2 * self.shift + 1) + torch.arange(width, device=x.device)
        wide = wide.gather(1, rows[:, :, None].expand(-1, -1, wide.shape[2]))
        return wide.gather(2, columns[:, None, :].expand(-1, height, -1)).flatten(1)

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.classifier(x)
