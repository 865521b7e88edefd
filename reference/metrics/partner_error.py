"""The distance of a translated image to its true partner, and maps that need no training.

    error        mean over images of |y - G(x)|^2
    affine map   W, b = argmin sum |y - W x - b|^2:    W = S_yx S_xx^+,    b = mean y - W mean x

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(2017); Gauss (1809) for least squares, with the pseudoinverse of Penrose (1955).
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real
from reference.distance import distances
from reference.errors import ShapeError


@np.errstate(all="ignore")
def partner_error(partner, made):
    """Mean over images of |y - G(x)|^2.

    partner, made: y and G(x), shape (N, features).
    Returns one number.

    >>> float(partner_error([[0.0, 0.0], [1.0, 0.0]], [[3.0, 4.0], [1.0, 1.0]]))
    13.0
    """
    y, made = equal_shapes(
        partner=dimensions("partner", real("partner", partner), 2), made=real("made", made)
    )
    return ((y - made) ** 2).sum(1).mean()


def _pairs(x, y, z):
    x, y, z = (dimensions(n, real(n, a), 2) for n, a in (("x", x), ("y", y), ("z", z)))
    if len(x) != len(y) or len(x) == 0 or x.shape[1] != z.shape[1]:
        raise ShapeError(f"x {x.shape}, y {y.shape} and z {z.shape} do not fit")
    return x, y, z


@np.errstate(all="ignore")
def affine_map(x, y, z):
    """W z + b with the least sum of |y - W x - b|^2 over pairs; of these the least |W|.

    x: shape (N, d). y: shape (N, e). z: shape (n, d).
    Returns shape (n, e).

    >>> affine_map([[0.0], [1.0]], [[1.0], [3.0]], [[2.0]]).round(12).tolist()
    [[5.0]]
    """
    x, y, z = _pairs(x, y, z)
    W, *_ = np.linalg.lstsq(x - x.mean(0), y - y.mean(0), rcond=1e-9)
    return (z - x.mean(0)) @ W + y.mean(0)


def nearest_partner(x, y, z):
    """The y of the x nearest to each z; of equally near ones the first.

    x, y, z: as above.
    Returns shape (n, e).

    >>> nearest_partner([[0.0], [5.0]], [[1.0], [2.0]], [[4.0], [-1.0]]).tolist()
    [[2.0], [1.0]]
    """
    x, y, z = _pairs(x, y, z)
    return y[distances(x=x, z=z).argmin(0)]
