"""A classifier of K + 1 classes, the last of them "generated" with logit 0, as a discriminator.

    D(x) = Z / (Z + 1),    Z = sum_k exp(l_k),    log D / (1 - D) = log Z

Salimans et al., "Improved Techniques for Training GANs" (2016), section 5.
"""

import numpy as np

from reference.arrays import event, real
from reference.primitives import log_softmax, logsumexp


def real_logit(logits):
    """log Z of each example. logits: l_k, shape (..., K). Returns shape (...).

    >>> bool(np.isclose(real_logit([0.0, 0.0]), np.log(2)))
    True
    """
    return logsumexp(event("logits", real("logits", logits)))


def real_logit_gradient(logits):
    """Derivative in each logit: p(y = k | x, real), shape (..., K).

    >>> real_logit_gradient([1.0, 1.0]).round(12).tolist()
    [0.5, 0.5]
    """
    return np.exp(log_softmax(event("logits", real("logits", logits))))
