"""The bound of an unlabelled example, summed over its classes.

    U(x) = sum_y q(y | x) [ L(x, y) + log q(y | x) ]
    dU/dL_y = q_y,    dU/da_y = q_y [ L_y + log q_y - U ]

Kingma, Mohamed, Rezende & Welling, "Semi-supervised Learning with Deep Generative Models" (2014),
equation 7.
"""

import numpy as np

from reference.arrays import along, real
from reference.primitives import log_softmax


def _arguments(logits, bounds):
    logits, bounds = along(-1, logits=real("logits", logits), bounds=real("bounds", bounds))
    return log_softmax(logits), bounds


@np.errstate(all="ignore")
def unlabelled_bound(logits, bounds):
    """U(x) of each example, in nats. logits: of q, bounds: L, shape (..., K). Returns (...).

    >>> bool(np.isclose(unlabelled_bound([0.0, 0.0], [3.0, 3.0]), 3 - np.log(2)))
    True
    """
    log_q, bounds = _arguments(logits, bounds)
    return (np.exp(log_q) * (bounds + log_q)).sum(-1)


@np.errstate(all="ignore")
def unlabelled_bound_gradients(logits, bounds):
    """Derivatives in the logits and in the bounds, shape (..., K) each.

    >>> [g.round(9).tolist() for g in unlabelled_bound_gradients([0.0, 0.0], [1.0, 3.0])]
    [[-0.5, 0.5], [0.5, 0.5]]
    """
    log_q, bounds = _arguments(logits, bounds)
    q, lead = np.exp(log_q), bounds + log_q
    return q * (lead - (q * lead).sum(-1, keepdims=True)), q
