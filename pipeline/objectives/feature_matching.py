"""Feature matching: samples shall have the mean features of the data.

    L = | E_x f(x) - E_z f(G(z)) |^2,    f a hidden layer of the discriminator

Salimans et al., "Improved Techniques for Training GANs" (2016), section 3.1. f is no logit: to
match the mean of the logits asks for as many samples of each class and nothing more, and with one
logit for a thousand pixels nearly any generator does.
"""

from torch import Tensor


def feature_matching_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The squared distance of the mean features of two batches.

    real, fake: features of examples and of samples, shape (B, width) each.
    Returns shape ().
    """
    return (real.mean(0) - fake.mean(0)).square().sum()
