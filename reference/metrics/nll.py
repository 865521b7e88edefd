"""The negative log-likelihood from importance weights, one example at a time.

    -log p(x)  ~  -log 1/K sum_k w_k

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5.
"""

import numpy as np

from reference.arrays import dimensions, real
from reference.primitives import logmeanexp


def nll(log_weights):
    """-log p(x) averaged over examples, in nats.

    log_weights: log w of each example's draws, shape (N, K).
    Returns one number.

    >>> float(nll([[-80.0], [-90.0]]))
    85.0
    """
    rows = dimensions("log_weights", real("log_weights", log_weights), 2)
    return sum(-logmeanexp(row) for row in rows) / len(rows)


def standard_error(log_weights):
    """The standard error of `nll` by its draws: of log mean w, by the delta method.

        v = Var w / (K mean(w)^2),    error = sqrt(sum_x v_x) / N

    log_weights: log w of each example's draws, K of at least 2, shape (N, K).
    Returns one number.

    >>> float(standard_error([[0.0, 0.0]]))
    0.0
    """
    rows = dimensions("log_weights", real("log_weights", log_weights), 2)
    weights = np.exp(rows - rows.max(axis=1, keepdims=True))
    variance = weights.var(axis=1, ddof=1) / (rows.shape[1] * weights.mean(axis=1) ** 2)
    return np.sqrt(variance.sum()) / len(rows)
