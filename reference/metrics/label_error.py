"""The test error of a classifier: how often the largest logit is not that of the label.

    error = 1/n #{ i : argmax_k a_ik != y_i }

Of equal largest logits the first counts.
"""

from reference.metrics.accuracy import accuracy


def label_error(logits, label):
    """The fraction of examples whose largest logit is not that of their label, in [0, 1].

    logits: one per class, shape (n, K). label: classes, integers of shape (n,).

    >>> float(label_error([[0.0, 1.0], [2.0, 1.0]], [1, 1]))
    0.5
    """
    return 1.0 - accuracy(logits, label)
