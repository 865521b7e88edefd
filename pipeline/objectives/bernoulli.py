"""The Bernoulli likelihood of an image, given the logit of each pixel.

    log p(x | a) = sum_i [ x_i log s(a_i) + (1 - x_i) log(1 - s(a_i)) ]
    s(a) = 1 / (1 + exp(-a))

Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), appendix C.1, equation 11, in
logits. It is a probability of x only for x in {0, 1}; for grey x it is a cross-entropy
whose least value is not 0 but the sum of the pixels' entropies.
"""

import torch
from torch import Tensor


def negative_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """-log p(x | a) of each image, summed over its pixels, in nats.

    x: pixels in [0, 1], shape (B, features).
    logits: the decoder's logits a, shape (B, features).
    Returns shape (B,).
    """
    # log s(a) = min(a, 0) - t and log s(-a) = min(-a, 0) - t with the same t: half the logarithms,
    # and still a weighted sum of terms that are never negative. At a = 0, where min and |a| have a
    # kink, Torch takes the middle of both gradients, which gives 1/2 - x, the correct value.
    tail = (-logits.abs()).exp().log1p()
    zero = torch.zeros_like(logits)
    below, above = torch.minimum(logits, zero), torch.minimum(-logits, zero)
    return (tail - x * below - (1 - x) * above).sum(-1)
