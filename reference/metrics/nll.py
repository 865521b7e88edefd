"""The negative log-likelihood from importance weights, one example at a time.

    -log p(x)  ~  -log 1/K sum_k w_k

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5.
"""

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
