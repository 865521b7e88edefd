"""The loss of an image whose discriminator judges each of its patches, from its definition.

    L = 1/P sum_p l_p

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), section 3.2.2.
"""

import numpy as np

from reference.arrays import event, real


@np.errstate(over="ignore")
def patch_mean(losses):
    """The mean of an image's losses over its patches.

    losses: shape (..., P).
    Returns shape (...).

    >>> float(patch_mean([1.0, 2.0, 6.0]))
    3.0
    """
    losses = event("losses", real("losses", losses))
    return np.einsum("...p->...", losses) / losses.shape[-1]
