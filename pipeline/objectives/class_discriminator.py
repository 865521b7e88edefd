"""A classifier of K classes as a discriminator: class K + 1 is "generated", its logit is 0.

    Z(x) = sum_k exp(l_k),    D(x) = Z / (Z + 1),    log D / (1 - D) = log Z
    p(y = k | x) = exp(l_k) / (Z + 1),    p(y = k | x, real) = exp(l_k) / Z

Salimans et al., "Improved Techniques for Training GANs" (2016), section 5. A softmax has one
logit too many, so that the last may be fixed. The loss of a labelled example is the cross-entropy
of the K logits; of others minimax.discriminator_loss of log Z.
"""

from torch import Tensor


def real_logit(logits: Tensor) -> Tensor:
    """log Z = log D / (1 - D) of each example.

    logits: l_k of the K classes, shape (B, K).
    Returns shape (B,).
    """
    return logits.logsumexp(-1)
