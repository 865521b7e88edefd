"""The loss of an image whose discriminator judges each of its patches.

    L = 1/P sum_p l(a_p),    a_p the logit of patch p

Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), section 3.2.2: the discriminator classifies each patch as real or generated, and all
responses are averaged. What is averaged are the losses, so that each patch is classified by
itself. Of the loss of an average logit, l(1/P sum a_p), one sure patch would decide: its logit
outweighs all others, and by a saturating l none of them would then have a gradient.
"""

from torch import Tensor


def patch_mean(losses: Tensor) -> Tensor:
    """The mean of an image's losses over its patches.

    losses: l(a_p) by any objective, shape (B, P).
    Returns shape (B,).
    """
    return losses.mean(-1)
