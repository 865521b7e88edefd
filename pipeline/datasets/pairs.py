"""Two small handwritten digits side by side: a hundred modes of known frequency.

    x = (a_i | b_j),    label = 10 a + b,    i and j drawn with replacement, independently

After the stacked MNIST of Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial
Networks" (2017), section 3.3.1, in which three digits are the three channels of an image; here
they are neighbours, so that a network for images of one channel can make them. Each split is
drawn from that split of the data set `digits`: no digit is in two of them, and the classifier of
`digits`, which names the halves one by one, has seen none of those that it is measured on.
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
    classified_as = "digits"  # each of the parts

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
    """Images of several digits in a row, as `splits` of a data set gives them.

    arrays: what `splits` of the digits gives. counts: examples of train, validation and test.
    seed: with the split's place it fixes a stream of its own, so that another count in one
        split leaves the other two as they were.
    shape: of a digit, (height, width). parts: digits in a row.
    """
    joined: dict[str, np.ndarray] = {}
    for place, (split, count) in enumerate(zip(SPLITS, counts, strict=True)):
        x, label = arrays[f"{split}_x"].reshape(-1, *shape), arrays[f"{split}_label"]
        stream = np.random.SFC64(np.random.SeedSequence([seed, place]))
        chosen = np.random.Generator(stream).integers(len(x), size=(count, parts))
        # (N, parts, height, width): a row of pixels goes through all parts.
        joined[f"{split}_x"] = x[chosen].swapaxes(1, 2).reshape(count, -1)
        joined[f"{split}_label"] = label[chosen] @ 10 ** np.arange(parts)[::-1]
    return joined


def apart(x, shape: tuple[int, int], parts: int) -> list:
    """The images that stand side by side in x, from left to right, each (N, height x width).

    x: an array or a tensor, (N, features). shape: of a part, (height, width). parts: how many.
    """
    height, width = shape
    rows = x.reshape(len(x), height, parts, width)
    return [rows[:, :, part].reshape(len(x), -1) for part in range(parts)]
