"""Patches of an image, and how far two sets of them are apart.

    sliced W_1 = 1/m sum_u 1/n sum_i | (u . x)_(i) - (u . y)_(i) |,    (.)_(i) the i-th smallest
    diversity  = 1/d sum_j sd_n(x_nj) / sd_j(y_j)

Rabin, Peyre, Delon & Bernot, "Wasserstein Barycenter and its Application to Texture Mixing"
(2011), equation 9, with W_1; Shaham, Dekel & Michaeli, "SinGAN" (2019), section 4.
"""

import numpy as np

from reference.arrays import count, dimensions, real
from reference.distance import norm
from reference.errors import DomainError, ShapeError


def patches(image, side):
    """All s x s patches of an image, row by row, ((H - s + 1) (W - s + 1), s^2).

    image: shape (H, W). side: s.

    >>> patches([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 2).tolist()
    [[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0]]
    """
    image, side = dimensions("image", real("image", image), 2), count("side", side)
    height, width = image.shape
    if side > min(height, width):
        raise ShapeError(f"side {side} is more than the image has: {image.shape}")
    return np.array(
        [
            image[i : i + side, j : j + side].ravel()
            for i in range(height - side + 1)
            for j in range(width - side + 1)
        ]
    )


@np.errstate(all="ignore")
def sliced_wasserstein(x, y, directions):
    """The mean over directions of the Wasserstein-1 distance of the projections.

    x, y: shape (n, d) each. directions: shape (m, d).
    Returns one number.

    >>> float(sliced_wasserstein([[0.0, 0.0], [1.0, 0.0]], [[3.0, 9.0], [2.0, 9.0]], [[1.0, 0.0]]))
    2.0
    """
    arrays = {"x": x, "y": y, "directions": directions}
    x, y, u = (dimensions(n, real(n, a), 2) for n, a in arrays.items())
    if x.shape != y.shape or x.shape[1] != u.shape[1]:
        raise ShapeError(f"x {x.shape}, y {y.shape} and directions {u.shape} do not fit")
    # Over powers of two, so that no product overflows.
    size = np.frexp(max(np.abs(x).max(), np.abs(y).max()))[1]
    x, y = np.ldexp(x, -size), np.ldexp(y, -size)
    lengths = np.frexp(np.abs(u).max(1))[1]
    u = np.ldexp(u, -lengths[:, None])
    apart = [np.abs(np.sort(x @ way) - np.sort(y @ way)).mean() for way in u]
    return np.mean(np.ldexp(apart, size + lengths))


def _deviation(x):
    """Over the first axis: exactly 0 where all are equal."""
    apart = x - x[0]
    return norm(apart - apart.mean(0), 0) / np.sqrt(len(x))


@np.errstate(all="ignore")
def diversity(x, image):
    """How much samples differ from each other, over how much the image varies.

    x: shape (n, features). image: shape (features,), not constant.
    Returns one number.

    >>> float(diversity([[0.0, 2.0], [2.0, 2.0]], [0.0, 4.0]))
    0.25
    """
    x = dimensions("x", real("x", x), 2)
    image = dimensions("image", real("image", image), 1)
    if x.shape[1] != len(image):
        raise ShapeError(f"x {x.shape} and image {image.shape} do not fit")
    if (image == image[0]).all():
        raise DomainError("image must not be constant")
    return _deviation(x).mean() / _deviation(image)
