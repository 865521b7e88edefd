"""Three MNIST digits side by side: a thousand modes, the usual test for lost ones.

    x = (a_i | b_j | c_k),    label = 100 a + 10 b + c

Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial Networks" (2017), section
3.3.1, where the three digits are the channels of an image. Here they stand side by side, as in the
data set `pairs`, which says how they are drawn and labelled.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import mnist, pairs
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class DataSet:
    """Triples of MNIST digits, with their three classes."""

    train: Count = 20_000  # 47 MB in the file, 188 once loaded
    validation: Count = 5_000
    test: Count = 5_000
    seed: Index = 0  # of the draws; the split of the digits is that of `mnist: {}`

    shape = (28, 84)
    features = 2352
    classes = 1000
    levels = 255
    classified_as = "mnist"  # the data set whose classifier is applied to each part

    def parts(self, x):
        """The three digits of x, (N, 2352), from left to right: arrays of shape (N, 784)."""
        return pairs.apart(x, mnist.DataSet.shape, 3)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/stacked.npz: x (N, 2352) in uint8, label (N,) in int64."""
        counts = self.train, self.validation, self.test
        return pairs.side_by_side(
            mnist.DataSet().splits(), counts, self.seed, mnist.DataSet.shape, 3
        )
