"""A point mass at 0: the data of the smallest GAN.

    x = 0,    always

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
definition 2.1, the Dirac distribution. It has no density, and all its examples are equal.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.mixture import SPLITS
from pipeline.study.fields import Count


@dataclass(frozen=True)
class DataSet:
    """A point mass at 0 on the line."""

    train: Count = 1
    validation: Count = 1
    test: Count = 1

    shape = ()  # a single number, which no figure shows
    features = 1
    classes = 1
    levels = None
    points = 1  # that can be drawn

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/dirac.npz: x (N, 1) in float32 and label (N,) in int64, all 0."""
        arrays: dict[str, np.ndarray] = {}
        counts = self.train, self.validation, self.test
        for split, count in zip(SPLITS, counts, strict=True):
            arrays[f"{split}_x"] = np.zeros((count, 1), np.float32)
            arrays[f"{split}_label"] = np.zeros(count, np.int64)
        return arrays
