"""The cross-entropy of a classifier.

    L = -log p(y | x),    p(y = k | x) = exp(a_k) / sum_j exp(a_j)

Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs"
(1990), section 2: the negative log-likelihood of the labels under a softmax.
"""

from torch import Tensor


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """-log p(y | x) of each example, in nats.

    logits: one logit a_k per class, shape (B, K).
    label: the class y in 0 ... K - 1, integers of shape (B,).
    Returns shape (B,).
    """
    chosen = logits.log_softmax(-1).gather(-1, label[:, None])
    return -chosen[:, 0]
