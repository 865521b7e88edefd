"""The predicted classes of samples: their counts, entropy and KL from given frequencies.

    H(p) = -sum_k p_k log p_k,    KL(p || q) = sum_k p_k log(p_k / q_k),    p_k = c_k / sum c

Shannon (1948), section 6; Kullback & Leibler (1951), equation 2.4.
"""

import numpy as np

from reference.arrays import dimensions, non_negative, probabilities, real, refuse
from reference.errors import ShapeError
from reference.primitives import rel_term, xlogy


def _shares(counts):
    counts = dimensions("counts", non_negative("counts", counts), 1)
    refuse("sum of counts", counts.sum(), counts.sum() <= 0, "above 0")
    return counts / counts.sum()


def class_histogram(logits):
    """The number of examples whose largest logit is that of each class; ties go to the first.

    logits: one per class, shape (n, K).
    Returns counts, shape (K,).

    >>> class_histogram([[0.0, 1.0], [2.0, 1.0], [0.0, 0.0]]).tolist()
    [2, 1]
    """
    logits = dimensions("logits", real("logits", logits, infinite=True), 2)
    return np.bincount(logits.argmax(1), minlength=logits.shape[1])


def entropy(counts):
    """H of the normalised counts, in nats: 0 for one class, log K for K equal ones.

    counts: per class, shape (K,), not all zero.
    Returns one number.

    >>> float(entropy([7, 7])) == float(np.log(2))
    True
    """
    p = _shares(counts)
    return 0.0 - xlogy(p, p).sum()


def kl(counts, shares):
    """KL of the normalised counts from given frequencies, in nats; infinite on a class of 0.

    counts: per class, shape (K,). shares: shape (K,), summing to 1.
    Returns one number, at least 0.

    >>> float(kl([1, 0], [0.5, 0.5])) == float(np.log(2))
    True
    """
    p, q = _shares(counts), probabilities("shares", shares)
    if p.shape != q.shape:
        raise ShapeError(f"counts {p.shape} and shares {q.shape} differ in shape")
    return rel_term(p, q).sum()
