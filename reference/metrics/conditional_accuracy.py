"""Conditional accuracy: how often samples are classified as the requested class.

    accuracy = 1/n #{ i : argmax_k a_ik = c_i }

with a the classifier's logits of sample i and c_i the requested class.
"""

import numpy as np

from reference.arrays import dimensions, real, whole
from reference.errors import ShapeError
from reference.metrics.accuracy import accuracy


def _arguments(logits, asked):
    logits = dimensions("logits", real("logits", logits, infinite=True), 2)
    asked = whole("asked", asked, 0, logits.shape[1])
    if asked.shape != logits.shape[:1]:
        raise ShapeError(f"one class asked per row of logits: {asked.shape} for {logits.shape}")
    return logits, asked


def conditional_accuracy(logits, asked):
    """The fraction of samples that are classified as the requested class, in [0, 1].

    logits: one per class, shape (n, K). asked: requested classes, integers of shape (n,).
    Returns one number.

    >>> float(conditional_accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1]))
    0.5
    """
    logits, asked = _arguments(logits, asked)
    return accuracy(logits, asked)


def conditional_accuracy_by_class(logits, asked):
    """The conditional accuracy of each requested class, NaN for a class never requested.

    logits: one per class, shape (n, K). asked: requested classes, integers of shape (n,).
    Returns shape (K,).

    >>> conditional_accuracy_by_class([[0.0, 1.0], [2.0, 1.0]], [1, 1]).tolist()
    [nan, 0.5]
    """
    logits, asked = _arguments(logits, asked)
    mine = [asked == k for k in range(logits.shape[1])]
    return np.array([accuracy(logits[m], asked[m]) if m.any() else np.nan for m in mine])
