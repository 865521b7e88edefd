"""The norm of the generator's gradient, and by how many powers of ten it has fallen.

    |g| = sqrt(sum_i g_i^2),    log10(first / last)

Arjovsky & Bottou, "Towards Principled Methods for Training Generative Adversarial Networks"
(2017), figure 2.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, positive, real


def gradient_norm(gradients):
    """The Euclidean norm of a gradient, by repeated hypot, which does not over- or underflow.

    gradients: shape (P,).
    Returns one number, at least 0.

    >>> float(gradient_norm([3e-200, 4e-200]))
    5e-200
    """
    return np.hypot.reduce(dimensions("gradients", real("gradients", gradients), 1))


def decades_lost(first, last):
    """log10(first / last): the powers of ten between an earlier and a later norm.

    first, last: above 0, of the same shape.
    Returns their shape; negative where the later one is larger.

    >>> float(decades_lost(1.0, 1e-5))
    5.0
    """
    first, last = equal_shapes(first=positive("first", first), last=positive("last", last))
    return np.log10(first) - np.log10(last)
