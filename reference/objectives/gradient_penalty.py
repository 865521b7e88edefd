"""Gradient penalties, functions of a discriminator's gradient g at an example.

    one-centred     (|g| - 1)^2,    gradient 2 (|g| - 1) g / |g|,    0 where g = 0
    zero-centred    |g|^2 / 2,      gradient g

Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), equation 3; Mescheder et al.,
"Which Training Methods for GANs do actually Converge?" (2018), equation 9.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, within
from reference.distance import unit
from reference.errors import ShapeError


@np.errstate(all="ignore")
def between(real, fake, epsilon):
    """x^ = e x + (1 - e) G(z), with one e per example.

    real, fake: x and G(z), shape (B, features). epsilon: e in [0, 1], shape (B,).
    Returns shape (B, features).

    >>> between([[1.0, 1.0]], [[0.0, 2.0]], [0.25]).tolist()
    [[0.25, 1.75]]
    """
    real, fake = equal_shapes(real=_rows("real", real), fake=_rows("fake", fake))
    epsilon = within("epsilon", epsilon, 0, 1)
    if epsilon.shape != real.shape[:1]:
        raise ShapeError(f"epsilon {epsilon.shape} is not one number for each of {len(real)} rows")
    return np.stack([e * x + (1 - e) * y for e, x, y in zip(epsilon, real, fake, strict=True)])


@np.errstate(all="ignore")
def one_centred(gradients):
    """(|g| - 1)^2 of each example.

    gradients: g, shape (B, features).
    Returns shape (B,).

    >>> one_centred([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [16.0, 1.0]
    """
    return (_norm(_rows("gradients", gradients)) - 1) ** 2


@np.errstate(all="ignore")
def one_centred_gradient(gradients):
    """Derivative of each example's penalty in its g; 0 at g = 0, where there is none.

    gradients: g, shape (B, features).
    Returns shape (B, features).

    >>> one_centred_gradient([[3.0, 4.0]]).round(12).tolist()
    [[4.8, 6.4]]
    """
    g = _rows("gradients", gradients)
    return 2 * (_norm(g)[:, None] - 1) * unit(g)


@np.errstate(all="ignore")
def zero_centred(gradients):
    """|g|^2 / 2 of each example.

    gradients: g, shape (B, features).
    Returns shape (B,).

    >>> zero_centred([[3.0, 4.0]]).tolist()
    [12.5]
    """
    return (_rows("gradients", gradients) ** 2).sum(-1) / 2


def zero_centred_gradient(gradients):
    """Derivative of each example's penalty in its g: g.

    gradients: g, shape (B, features).
    Returns shape (B, features).

    >>> zero_centred_gradient([[3.0, 4.0]]).tolist()
    [[3.0, 4.0]]
    """
    return _rows("gradients", gradients).copy()


def _rows(name, x):
    return dimensions(name, real(name, x), 2)


def _norm(g):
    return np.hypot.reduce(g, axis=-1)
