"""How often a generator draws the class that it is asked for, as a classifier names it."""

import numpy as np

from reference.arrays import dimensions, real, whole
from reference.metrics.accuracy import accuracy


def conditional_accuracy(logits, asked):
    """Share of examples that are named what was asked for, in [0, 1].

    logits: one per class, shape (n, K). asked: classes, integers of shape (n,).
    Returns one number.

    >>> float(conditional_accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1]))
    0.5
    """
    return accuracy(logits, asked)


def conditional_accuracy_by_class(logits, asked):
    """The same of each class that was asked for, NaN where it never was.

    logits: one per class, shape (n, K). asked: classes, integers of shape (n,).
    Returns shape (K,).

    >>> conditional_accuracy_by_class([[0.0, 1.0], [2.0, 1.0]], [1, 1]).tolist()
    [nan, 0.5]
    """
    logits = dimensions("logits", real("logits", logits, infinite=True), 2)
    asked = whole("asked", asked, 0, logits.shape[1])
    mine = [asked == k for k in range(logits.shape[1])]
    return np.array([accuracy(logits[m], asked[m]) if m.any() else np.nan for m in mine])
