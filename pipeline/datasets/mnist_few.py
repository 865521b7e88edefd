"""MNIST, of which each seed may read the labels of a few: seed i is label split i.

The pool `few` is that of pipeline/datasets/digits_few.py, drawn from the training images of
`mnist: {}`; 100 labels, ten of each class, as Kingma, Mohamed, Rezende & Welling (2014) and
Salimans et al. (2016) have them.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import digits_few, mnist
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class DataSet:
    """Handwritten digits, with label splits."""

    labels: Count = 100  # labelled examples of a split, equally many of each class
    label_splits: Count = 10
    first: Index = 0  # the number of the first split; for a search from 1000 on
    seed: Index = 0  # of the splits

    shape = (28, 28)
    features = 784
    classes = 10
    levels = 255
    pools = ("few",)

    def __post_init__(self):
        digits_few.check(self.labels, self.classes)

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split, and of the pool."""
        return mnist.DataSet().sizes | {"few": self.labels}

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/mnist_few.npz: those of mnist, and of the pool."""
        arrays = mnist.DataSet().splits()
        numbers = range(self.first, self.first + self.label_splits)
        return arrays | digits_few.few(arrays, self.labels // self.classes, numbers, self.seed)
