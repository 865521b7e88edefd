"""The cross-entropy of a classifier, from its definition.

    L = -log p(y | x),    p(y = k | x) = exp(a_k) / sum_j exp(a_j)

so that its gradient in each logit is p_k - [k = y]. Bridle, "Probabilistic Interpretation of
Feedforward Classification Network Outputs" (1990), section 2.
"""

import numpy as np

from reference.arrays import event, real, whole
from reference.errors import ShapeError
from reference.primitives import log_softmax


def _arguments(logits, label):
    logits = event("logits", real("logits", logits))
    label = whole("label", label, 0, logits.shape[-1])
    if label.shape != logits.shape[:-1]:
        raise ShapeError(f"one label per row of logits: {label.shape} for {logits.shape}")
    return logits, label[..., None]


def cross_entropy(logits, label):
    """-log p(y | x) of each example, in nats.

    logits: one logit a_k per class, shape (..., K).
    label: the class y in 0 ... K - 1, integers of shape (...).
    Returns shape (...).

    >>> round(float(cross_entropy([0.0, 0.0, 0.0], 1)), 12) == round(float(np.log(3)), 12)
    True
    """
    logits, label = _arguments(logits, label)
    return 0.0 - np.take_along_axis(log_softmax(logits), label, -1)[..., 0]


def cross_entropy_gradient(logits, label):
    """Derivative in each logit, p_k - [k = y]; the K of them sum to 0.

    logits, label: as above.
    Returns shape (..., K).

    >>> cross_entropy_gradient([0.0, 0.0], 1).tolist()
    [0.5, -0.5]
    """
    logits, label = _arguments(logits, label)
    p = np.exp(log_softmax(logits))
    classes = np.arange(logits.shape[-1])
    others = np.where(classes == label, 0.0, p)
    # p_y - 1 is minus the sum of the others, which is accurate also near p_y = 1.
    return np.where(classes == label, -others.sum(-1, keepdims=True), p)
