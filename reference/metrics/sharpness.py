"""The sharpness of an image: the variance of its second differences.

    s(x) = var_ij [ 4 x_ij - x_i-1,j - x_i+1,j - x_i,j-1 - x_i,j+1 ]

Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study"
(2000), the variance of the Laplacian. It is a convex quadratic form of the image, so a mean
of images is never sharper than the images are on average.
"""

import numpy as np

from reference.arrays import real
from reference.errors import ShapeError


@np.errstate(all="ignore")
def sharpness(images):
    """Variance of the Laplacian (4 x - its four neighbours) inside each image.

    images: shape (..., H, W), H and W at least 3.
    Returns shape (...); 0 for a plane, lower after any blur.

    >>> float(sharpness([[1.0] * 4] * 4))
    0.0
    """
    x = real("images", images)
    if x.ndim < 2 or min(x.shape[-2:]) < 3:
        raise ShapeError(f"images must be at least 3 x 3: shape {x.shape}")
    inner = x[..., 1:-1, 1:-1]
    around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    return (4 * inner - around).var((-2, -1))
