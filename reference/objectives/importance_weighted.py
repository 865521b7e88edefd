"""The importance-weighted bound on log p(x), from its definition.

    L_K = log 1/K sum_k w_k = log w_max + log( 1/K sum_k w_k / w_max )

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8; its gradient
in log w_k is w_k / sum w, equation 14.
"""

import numpy as np

from reference.arrays import event, real


def bound(log_weights):
    """L_K of each example, in nats: at K = 1 the one-draw ELBO.

    log_weights: log w of each draw, shape (..., K).
    Returns shape (...).

    >>> float(bound([-2.0, -2.0]))
    -2.0
    """
    a = event("log_weights", real("log_weights", log_weights))
    largest = a.max(-1)
    return largest + np.log(np.exp(a - largest[..., None]).mean(-1))


def bound_gradients(log_weights):
    """Derivatives in each log weight: the normalised weights w_k / sum w.

    log_weights: log w of each draw, shape (..., K).
    Returns shape (..., K).

    >>> bound_gradients([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    a = event("log_weights", real("log_weights", log_weights))
    weights = np.exp(a - a.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)
