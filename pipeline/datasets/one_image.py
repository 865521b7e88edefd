"""What data sets of one image share: a training split of a single example.

The training split is one image; the validation and the test split are further images of the same
law, which no training sees: what another image of the kind is like. Metrics of such a run compare
with the one image, for that is what is learned: Shaham, Dekel & Michaeli, "SinGAN" (2019).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from pipeline.datasets import SPLITS
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class OneImage(ABC):
    """One image to learn from, and others to compare with."""

    others: Count = 20  # images of the validation split, and of the test split
    seed: Index = 0  # of all images

    one_image = True
    classes = 1

    @property
    def sizes(self) -> dict[str, int]:
        """How many images each split has."""
        return {"train": 1, "validation": self.others, "test": self.others}

    @abstractmethod
    def images(self, count: int, split: str, rng: np.random.Generator) -> np.ndarray:
        """So many images of a split, grey levels, (count, features) in uint8."""

    def splits(self) -> dict[str, np.ndarray]:
        """x (N, features) in uint8 and label (N,), all 0, of each split; N is 1 in training."""
        arrays: dict[str, np.ndarray] = {}
        for place, split in enumerate(SPLITS):
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self.seed, place])))
            count = self.sizes[split]
            arrays[f"{split}_x"] = self.images(count, split, rng)
            arrays[f"{split}_label"] = np.zeros(count, np.int64)
        return arrays
