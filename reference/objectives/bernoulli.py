"""The Bernoulli likelihood of an image, from its definition.

    log p(x | a) = sum_i [ x_i log s_i + (1 - x_i) log(1 - s_i) ],    s_i = 1 / (1 + exp(-a_i))

The gradient of -log p in each logit is the mean minus the pixel, s_i - x_i. Kingma & Welling,
"Auto-Encoding Variational Bayes" (2014), appendix C.1, equation 11.
"""

import numpy as np

from reference.arrays import along, real, within
from reference.primitives import log_sigmoid, sigmoid


def _arguments(x, logits):
    return along(-1, x=within("x", x, 0, 1), logits=real("logits", logits, infinite=True))


@np.errstate(all="ignore")
def negative_log_likelihood(x, logits):
    """-log p(x | a) of each image, summed over its pixels, in nats.

    x: pixels in [0, 1], shape (..., features).
    logits: the decoder's logits a, shape (..., features); an infinite logit is a certain pixel.
    Returns shape (...).

    >>> float(negative_log_likelihood([0.0, 1.0], [-np.inf, np.inf]))
    0.0
    """
    x, logits = _arguments(x, logits)
    on = np.where(x == 0, 0.0, x * log_sigmoid(logits))
    off = np.where(x == 1, 0.0, (1 - x) * log_sigmoid(-logits))
    return 0.0 - (on + off).sum(-1)


def negative_log_likelihood_gradient(x, logits):
    """Derivative of -log p(x | a) in each logit, s(a) - x.

    x: pixels in [0, 1], shape (..., features).
    logits: the decoder's logits a, shape (..., features).
    Returns shape (..., features).

    >>> negative_log_likelihood_gradient([1.0, 0.0], [0.0, 0.0]).tolist()
    [-0.5, 0.5]
    """
    x, logits = _arguments(x, logits)
    # (1 - x) s(a) - x s(-a), not s(a) - x: the latter cancels where both are near 1.
    return (1 - x) * sigmoid(logits) - x * sigmoid(-logits)
