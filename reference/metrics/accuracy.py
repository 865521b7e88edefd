"""The accuracy of a classifier: how often the largest logit is that of the label.

    accuracy = 1/n #{ i : argmax_k a_ik = y_i }

Of equal largest logits the first counts.
"""

from reference.arrays import dimensions, real, whole
from reference.errors import ShapeError


def accuracy(logits, label):
    """The fraction of examples whose largest logit is that of their label, in [0, 1].

    logits: one per class, shape (n, K). label: classes, integers of shape (n,).
    Returns one number.

    >>> float(accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1]))
    0.5
    """
    logits = dimensions("logits", real("logits", logits, infinite=True), 2)
    label = whole("label", label, 0, logits.shape[1])
    if label.shape != logits.shape[:1]:
        raise ShapeError(f"one label per row of logits: {label.shape} for {logits.shape}")
    return (logits.argmax(1) == label).mean()
