"""Nothing but zero: the data of the smallest game that a GAN can play.

    x = 0,    always

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
definition 2.1, where such a distribution is called after Dirac. It has no density, and one example
says all that there is to know.
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

    shape = ()  # one number, of which there is nothing to be shown
    features = 1
    classes = 1
    levels = None

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/dirac.npz: x (N, 1) in float32 and label (N,) in int64, all 0."""
        arrays: dict[str, np.ndarray] = {}
        counts = self.train, self.validation, self.test
        for split, count in zip(SPLITS, counts, strict=True):
            arrays[f"{split}_x"] = np.zeros((count, 1), np.float32)
            arrays[f"{split}_label"] = np.zeros(count, np.int64)
        return arrays
