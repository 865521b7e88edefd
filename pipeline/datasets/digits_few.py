"""The small digits, of which each seed may read the labels of a few: seed i is label split i.

Pool `few`: row j is the j-th labelled example of every label split at once, `few_x` of the first,
`few_s1`, `few_s2`, ... of the others. All splits have as many examples of each class, in the
order of the classes, so that one `few_label` says the class of row j in each of them. Which of
these arrays a replica reads, its model's `split` says (pipeline/models/few_labels.py). The
unlabelled examples are the training split of `digits: {}`, unchanged in number and in order: the
labelled ones stay among them, and their place says nothing. Its labels stand in the file for
metrics, and no model of few labels reads them (tests/models/test_few_labels.py).
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import digits
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class DataSet:
    """Small handwritten digits, with label splits."""

    labels: Count = 20  # labelled examples of a split, equally many of each class
    label_splits: Count = 10
    first: Index = 0  # the number of the first split; for a search from 1000 on
    seed: Index = 0  # of the splits; that of the digits is that of `digits: {}`

    shape = (8, 8)
    features = 64
    classes = 10
    levels = 16
    pools = ("few",)

    def __post_init__(self):
        check(self.labels, self.classes)

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split, and of the pool."""
        return digits.DataSet().sizes | {"few": self.labels}

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/digits_few.npz: those of the digits, and of the pool."""
        arrays = digits.DataSet().splits()
        numbers = range(self.first, self.first + self.label_splits)
        return arrays | few(arrays, self.labels // self.classes, numbers, self.seed)


def check(labels: int, classes: int) -> None:
    """Raises ValueError unless the classes can have equally many labels."""
    if labels % classes:
        raise ValueError(f"labels = {labels} must be a multiple of {classes}, the classes")


def few(arrays: dict[str, np.ndarray], each: int, numbers: range, seed: int) -> dict:
    """The pool `few` of a data set's training examples.

    arrays: of its `splits`. each: labelled examples a class. numbers: of the label splits; a
    split's examples depend on its number and the seed, and on no other split.
    """
    x, label = arrays["train_x"], arrays["train_label"]
    classes = int(label.max()) + 1
    members = [np.flatnonzero(label == c) for c in range(classes)]
    if min(map(len, members)) < each:
        raise ValueError(f"a class has fewer than {each} training examples")
    found: dict[str, np.ndarray] = {}
    for place, number in enumerate(numbers):
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, number])))
        chosen = np.concatenate([rng.choice(own, each, replace=False) for own in members])
        found["few_x" if place == 0 else f"few_s{place}"] = x[chosen]
    return found | {"few_label": np.arange(classes).repeat(each)}
