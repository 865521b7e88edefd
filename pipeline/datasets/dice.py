"""Throws of a die: the simplest data from which a distribution can be learned.

    P(k) = odds_k / sum_j odds_j,    k = 0 ... K - 1

A fair die unless `odds` are given. A face is a grey level of an image of one pixel, from -1 for
the first to 1 for the last. A die has a probability mass function, not a density.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.mixture import SPLITS
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class DataSet:
    """Independent throws of one die."""

    odds: tuple[Count, ...] = (1, 1, 1, 1, 1, 1)
    train: Count = 6_000
    validation: Count = 1_000
    test: Count = 10_000
    seed: Index = 0

    shape = (1,)
    features = 1

    def __post_init__(self):
        if len(self.odds) < 2:
            raise ValueError("a die has at least two faces")

    @property
    def classes(self) -> int:
        """The number of labels, one per face."""
        return len(self.odds)

    @property
    def levels(self) -> int:
        """Grey levels above the first face."""
        return len(self.odds) - 1

    @property
    def points(self) -> int:
        """The number of different examples that can be drawn."""
        return len(self.odds)

    @property
    def distribution(self) -> np.ndarray:
        """P of each face, shape (faces,)."""
        return np.array(self.odds) / sum(self.odds)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/dice.npz: x (N, 1) in uint8 and label (N,) in int64, both the face.

        Each split has a stream of its own, so that changing its count leaves the others unchanged.
        """
        arrays: dict[str, np.ndarray] = {}
        counts = self.train, self.validation, self.test
        for place, (split, count) in enumerate(zip(SPLITS, counts, strict=True)):
            stream = np.random.SFC64(np.random.SeedSequence([self.seed, place]))
            u = np.random.Generator(stream).random(count)
            # Inverse of the distribution function: the number of cumulative sums up to u.
            label = np.searchsorted(self.distribution.cumsum()[:-1], u, side="right")
            arrays |= {f"{split}_x": label.astype(np.uint8)[:, None], f"{split}_label": label}
        return arrays
