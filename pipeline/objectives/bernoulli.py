"""The Bernoulli likelihood of an image, given the logit of each pixel.

    log p(x | a) = sum_i [ x_i log s(a_i) + (1 - x_i) log(1 - s(a_i)) ]
    s(a) = 1 / (1 + exp(-a))

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix C.1, equation 11, in
logits. It is a probability of x only for x in {0, 1}; for grey x it is a cross-entropy
whose least value is not 0 but the sum of the pixels' entropies.
"""

from torch import Tensor
from torch.nn.functional import logsigmoid


def negative_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """-log p(x | a) of each image, summed over its pixels, in nats.

    x: pixels in [0, 1], shape (B, features).
    logits: the decoder's logits a, shape (B, features).
    Returns shape (B,).
    """
    # x log s(a) + (1 - x) log s(-a): a weighted sum of two terms that are never positive.
    return -(x * logsigmoid(logits) + (1 - x) * logsigmoid(-logits)).sum(-1)
