"""The 1,797 handwritten digits of 8 by 8 pixels and 17 grey levels that scikit-learn ships.

Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository (1998), its test part. Real images that need no network.

The split is stratified: the examples of each class are shuffled and spread evenly over (0, 1),
all classes are merged in that order, and the three splits are consecutive ranges of it. So each
split has its exact size, and each class its share of each split to within one example.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from pipeline.study.fields import Fraction, Index

EXAMPLES = 1797


@dataclass(frozen=True)
class DataSet:
    """Small handwritten digits with their class."""

    validation: Fraction = 0.2  # of all examples, rounded up
    test: Fraction = 0.2
    seed: Index = 0  # of the split

    shape = (8, 8)
    features = 64
    classes = 10
    levels = 16

    def __post_init__(self):
        if sum(self._sizes()) >= EXAMPLES:
            raise ValueError("validation and test together leave nothing to train on")

    def _sizes(self) -> tuple[int, int]:
        """The numbers of test and of validation examples."""
        return ceil(self.test * EXAMPLES), ceil(self.validation * EXAMPLES)

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split."""
        test, validation = self._sizes()
        return {"train": EXAMPLES - test - validation, "validation": validation, "test": test}

    def indices(self, label: np.ndarray) -> dict[str, np.ndarray]:
        """The indices of each split's examples, in increasing order.

        label: the class of every example, shape (1797,).
        """
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed)))
        place = np.empty(len(label))
        for k in range(self.classes):
            members = rng.permutation(np.flatnonzero(label == k))
            place[members] = (np.arange(len(members)) + 0.5) / len(members)
        test, validation, train = np.split(
            np.argsort(place, kind="stable"), np.cumsum(self._sizes())
        )
        return {
            "train": np.sort(train),
            "validation": np.sort(validation),
            "test": np.sort(test),
        }

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/digits.npz: x (N, 64) grey levels in uint8, label (N,) in int64."""
        from sklearn.datasets import load_digits  # takes 1 s, only needed by prepare

        digits = load_digits()
        x, label = digits.data.astype(np.uint8), digits.target.astype(np.int64)
        arrays: dict[str, np.ndarray] = {}
        for split, members in self.indices(label).items():
            arrays |= {f"{split}_x": x[members], f"{split}_label": label[members]}
        return arrays
