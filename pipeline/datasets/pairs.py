"""Two small handwritten digits side by side: a hundred modes of known frequency.

    x = (a_i | b_j),    label = 10 a + b,    i and j drawn with replacement, independently

After the stacked MNIST of Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial
Networks" (2017), section 3.3.1, where three digits are the three channels of an image. Here they
stand side by side, so that a network for images of one channel can generate them. Each split is
drawn from the same split of the data set `digits`: no digit is in two splits, and the classifier
of `digits`, which classifies each half by itself, has not been trained on any test digit.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import digits
from pipeline.study.fields import Count, Index

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class DataSet:
    """Pairs of small digits, with both their classes."""

    train: Count = 20_000
    validation: Count = 5_000
    test: Count = 5_000
    seed: Index = 0  # of the draws; the split of the digits is that of `digits: {}`

    shape = (8, 16)
    features = 128
    classes = 100
    levels = 16
    classified_as = "digits"  # the data set whose classifier is applied to each part

    def parts(self, x):
        """The left and the right digits of x, (N, 128): two arrays of shape (N, 64)."""
        return apart(x, digits.DataSet.shape, 2)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/pairs.npz: x (N, 128) grey levels in uint8, label (N,) in int64."""
        counts = self.train, self.validation, self.test
        return side_by_side(digits.DataSet().splits(), counts, self.seed, digits.DataSet.shape, 2)


def side_by_side(
    arrays: dict[str, np.ndarray],
    counts: tuple[int, int, int],
    seed: int,
    shape: tuple[int, int],
    parts: int,
) -> dict[str, np.ndarray]:
    """The arrays of a data set's `splits`, each image being several digits in a row.

    arrays: those of the digits' `splits`. counts: examples of train, validation and test.
    seed: with the split's position it determines the split's stream, so that changing one count
        leaves the other two splits unchanged.
    shape: of a digit, (height, width). parts: digits in a row.
    """
    joined: dict[str, np.ndarray] = {}
    for place, (split, count) in enumerate(zip(SPLITS, counts, strict=True)):
        x, label = arrays[f"{split}_x"].reshape(-1, *shape), arrays[f"{split}_label"]
        stream = np.random.SFC64(np.random.SeedSequence([seed, place]))
        chosen = np.random.Generator(stream).integers(len(x), size=(count, parts))
        # (N, parts, height, width): each row of pixels runs through all parts.
        joined[f"{split}_x"] = x[chosen].swapaxes(1, 2).reshape(count, -1)
        joined[f"{split}_label"] = label[chosen] @ 10 ** np.arange(parts)[::-1]
    return joined


def apart(x, shape: tuple[int, int], parts: int) -> list:
    """The images that stand side by side in x, from left to right, each (N, height x width).

    x: an array or a tensor, (N, features). shape: of a part, (height, width). parts: their number.
    """
    height, width = shape
    rows = x.reshape(len(x), height, parts, width)
    return [rows[:, :, part].reshape(len(x), -1) for part in range(parts)]
