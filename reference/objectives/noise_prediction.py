"""The squared error of a predicted noise.

    |d|^2 = d . d,    d = e - e'

Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equation 14.
"""

import numpy as np

from reference.arrays import equal_shapes, event, real


def _missed(noise, predicted):
    noise, predicted = equal_shapes(
        noise=real("noise", noise), predicted=real("predicted", predicted)
    )
    return event("noise", noise) - predicted


@np.errstate(all="ignore")
def squared_error(noise, predicted):
    """|e - e'|^2 of each example.

    noise, predicted: e and e', shape (..., features).
    Returns shape (...).

    >>> float(squared_error([3.0, 0.0], [0.0, 4.0]))
    25.0
    """
    missed = _missed(noise, predicted)
    return np.einsum("...i,...i->...", missed, missed)


@np.errstate(all="ignore")
def squared_error_gradients(noise, predicted):
    """Derivatives in each e and each e': 2 d and -2 d.

    noise, predicted: shape (..., features). Returns two arrays of that shape.

    >>> [s.tolist() for s in squared_error_gradients([3.0], [1.0])]
    [[4.0], [-4.0]]
    """
    missed = _missed(noise, predicted)
    return 2 * missed, -2 * missed
