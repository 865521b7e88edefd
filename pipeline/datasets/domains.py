"""Two domains of images made from real digits, so that the true partner of each is known.

    x_i = T(y_i),    y_i a digit, T an alteration

Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (2017), learn such a map from two sets of images without pairs, and can score it only by
eye or where pairs exist. Here they always exist. Domain A has the altered images x, domain B the
digits y: a model is asked for the digit, which has the classes of its source.

A split has x, its `partner` y and the label. For unpaired training there are the pools `a`, the x
of one half of the training images, and `b`, the y of the other half: no image of one pool is the
partner of any in the other. Each class is divided evenly between them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from pipeline.datasets import SPLITS, digits, mnist
from pipeline.study.fields import Index

SOURCES: dict[str, Any] = {"digits": digits.DataSet, "mnist": mnist.DataSet}
Source = Literal["digits", "mnist"]
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sourced(ABC):
    """Images of the size and the classes of a source of digits."""

    of: Source = "digits"  # where the digits come from, with its own split
    train: Index = 0  # training images, the first of the source; 0: all

    classes = 10
    partners = True  # known of every image
    pools: ClassVar[tuple[str, ...]] = ("a", "b")

    @abstractmethod
    def splits(self) -> Arrays:
        """x and partner (N, features) in uint8, label (N,) in int64, of splits and pools."""

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split."""
        found: dict[str, int] = SOURCES[self.of]().sizes
        return found | {"train": min(self.train, found["train"]) or found["train"]}

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = SOURCES[self.of].shape
        return height, width

    @property
    def features(self) -> int:
        return int(SOURCES[self.of].features)

    @property
    def levels(self) -> int:
        return int(SOURCES[self.of].levels)

    @property
    def classified_as(self) -> str:
        """The data set whose classifier names the images of domain B."""
        return self.of


@dataclass(frozen=True)
class Altered(Sourced):
    """Digits and what becomes of them under an alteration."""

    @abstractmethod
    def altered(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """x of each y, grey levels, (N, height, width); rounded to whole ones by `splits`."""

    def splits(self) -> Arrays:
        source = digits_of(self.of, self.train)
        arrays: Arrays = {}
        for place, split in enumerate(SPLITS):
            y = source[f"{split}_x"]
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(place)))
            x = levelled(self.altered(y.reshape(-1, *self.shape), rng), self.levels)
            arrays |= {f"{split}_x": x, f"{split}_partner": y}
            arrays[f"{split}_label"] = source[f"{split}_label"]
        return arrays | unpaired(arrays)


def digits_of(source: Source, train: int) -> Arrays:
    """The arrays of a source's `splits`, with the first `train` training images; 0: all."""
    arrays = SOURCES[source]().splits()
    if train:
        arrays |= {f"train_{name}": arrays[f"train_{name}"][:train] for name in ("x", "label")}
    return arrays


def levelled(x: np.ndarray, levels: int) -> np.ndarray:
    """Images as whole grey levels within 0 ... levels, (N, features) in uint8."""
    return np.rint(x).clip(0, levels).astype(np.uint8).reshape(len(x), -1)


def parts(label: np.ndarray, count: int) -> list[np.ndarray]:
    """The indices of `count` disjoint parts of the examples, with as equal classes as possible."""
    order = np.argsort(label, kind="stable")
    return [np.sort(order[start::count]) for start in range(count)]


def unpaired(arrays: Arrays) -> Arrays:
    """The pools `a` and `b` of the training images: x of one half, partners of the other."""
    label = arrays["train_label"]
    a, b = parts(label, 2)
    return {
        "a_x": arrays["train_x"][a],
        "a_label": label[a],
        "b_x": arrays["train_partner"][b],
        "b_label": label[b],
    }
