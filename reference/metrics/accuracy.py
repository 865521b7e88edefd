"""How often the largest logit is at the label; a tie is decided for the first class."""

from reference.arrays import dimensions, real, whole
from reference.errors import ShapeError


def accuracy(logits, label):
    """Share of examples whose largest logit is at their label, in [0, 1].

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
