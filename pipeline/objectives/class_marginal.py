"""The bound of an unlabelled example: over its class, which is summed and not drawn.

    U(x) = sum_y q(y | x) [ L(x, y) + log q(y | x) ]  >=  -log sum_y exp(-L(x, y))

with L(x, y) >= -log p(x, y) the bound of the example with class y. Kingma, Mohamed, Rezende &
Welling, "Semi-supervised Learning with Deep Generative Models" (2014), equation 7. Equality holds
where q(y | x) is the softmax of -L(x, y): so the classifier learns from the generative model. A y
that is drawn would need another estimator of the gradient, and have noise that the sum has not.
"""

from torch import Tensor


def unlabelled_bound(logits: Tensor, bounds: Tensor) -> Tensor:
    """U(x) of each example, in nats.

    logits: of q(y | x), shape (B, K).
    bounds: L(x, y) for each class, shape (B, K).
    Returns shape (B,).
    """
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * (bounds + log_q)).sum(-1)
