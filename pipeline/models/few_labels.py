"""What the classifiers of few labels share: abstract classes, no model.

    h = trunk(x; noise),    l = W h + b,    p(y = k | x) = softmax(l)_k

The network and its noise are those of Salimans et al., "Improved Techniques for Training GANs"
(2016), section 5, without weight normalisation: the baseline, self-training and the game differ
in their losses alone. Labelled examples come from the pool `few`, which holds a row of each label
split (pipeline/datasets/digits_few.py); a replica reads those of its own `split`, a list in
params.yaml, one number per seed. Of unlabelled examples, those of "train", only x is read.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player
from pipeline.engine.randomness import Distribution, Normal
from pipeline.networks.noisy import Noisy
from pipeline.objectives.cross_entropy import cross_entropy
from pipeline.study.fields import Count, NonNegative, Real

DRAWS = {"x": "train", "labelled": "few"}  # of a player that reads both


def labelled(batch: Batch, split: float) -> tuple[Tensor, Tensor]:
    """The labelled examples of a label split, (B, features), and their classes, (B,).

    split: its place in the pool; NaN examples, which end the replica, if there is none such.
    """
    others = sum(name.startswith("labelled_s") for name in batch)
    x = torch.stack([batch["labelled_x"], *(batch[f"labelled_s{i + 1}"] for i in range(others))])
    own = (torch.arange(1 + others, device=x.device) == split).to(x.dtype)
    return (own[:, None, None] * x).sum(0) / own.sum(), batch["labelled_label"]


@dataclass(frozen=True)
class FewLabels(ABC):
    """Sizes, and which labels a replica reads."""

    features: int
    classes: int  # K
    width: Count
    split: Real = field(default=0.0, kw_only=True)  # of the pool's label splits; one per replica

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks, by name."""

    @abstractmethod
    def players(self) -> tuple[Player, ...]:
        """The players of the game."""

    @abstractmethod
    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        """l of each example, (B, K), without noise."""

    def labelled(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The replica's own labelled examples and their classes."""
        return labelled(batch, self.split)


@dataclass(frozen=True)
class NoisyClassifier(FewLabels):
    """A classifier with noise in all its layers."""

    depth: Count = field(default=3, kw_only=True)  # hidden layers
    input_noise: NonNegative = field(default=0.3, kw_only=True)  # deviations
    hidden_noise: NonNegative = field(default=0.5, kw_only=True)

    def classifier(self) -> dict[str, nn.Module]:
        """The trunk, whose output are features, and the head, K logits of them."""
        widths = (self.features, *(self.width,) * self.depth)
        trunk = Noisy(*widths, at_input=self.input_noise, at_hidden=self.hidden_noise)
        return {"trunk": trunk, "head": nn.Linear(self.width, self.classes)}

    def shaken(self, *names: str) -> dict[str, Distribution]:
        """The noise of the passes that are so named."""
        sizes = (self.features, *(self.width,) * (self.depth - 1))
        return {f"{name}{i}": Normal((n,)) for name in names for i, n in enumerate(sizes)}

    def hidden(self, net: Nets, x: Tensor, noise: Noise, name: str) -> Tensor:
        """h of a pass with the noise of that name, (B, width)."""
        return net.trunk(x, *(noise[f"{name}{i}"] for i in range(self.depth)))

    def supervised(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """-log p(y | x) of the replica's labelled examples, (B,)."""
        x, label = self.labelled(batch)
        return cross_entropy(net.head(self.hidden(net, x, noise, "labelled")), label)

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """h without noise: the features before the logits, (B, width)."""
        return net.trunk(x)

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.head(net.trunk(x))
