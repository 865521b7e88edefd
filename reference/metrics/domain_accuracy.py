"""How often one generator for several domains reaches the one that is asked for.

    accuracy = 1/n #{ i : named_i = asked_i }

Choi et al., "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation" (2018), section 5.4.
"""

from reference.arrays import dimensions, equal_shapes, whole
from reference.errors import ShapeError


def domain_accuracy(named, asked):
    """The share of images that are named as the domain that was asked for.

    named, asked: integers, shape (n,).
    Returns one number.

    >>> float(domain_accuracy([0, 1, 2, 1], [0, 1, 1, 1]))
    0.75
    """
    named, asked = equal_shapes(
        named=dimensions("named", whole("named", named), 1), asked=whole("asked", asked)
    )
    if len(named) == 0:
        raise ShapeError("named must not be empty")
    return (named == asked).mean()
