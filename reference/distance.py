"""Lengths and distances that neither overflow nor underflow before they must.

    |x| = 2^e sqrt( sum_i (x_i / 2^e)^2 ),    2^(e - 1) <= max |x_i| < 2^e

A power of two divides exactly, so that equal distances are equal to the last bit where the squares
of the coordinates are exact. Blue, "A portable Fortran program to find the Euclidean norm of a
vector" (1978).
"""

import numpy as np

from reference.arrays import event, real, samples
from reference.errors import ShapeError


def norm(x, axis=-1):
    """The Euclidean length along an axis.

    x: shape (..., d) with d along `axis`.
    Returns shape (...).

    >>> float(norm([3e300, 4e300])), float(norm([0.0, 5e-324]))
    (5e+300, 5e-324)
    """
    x = event("x", real("x", x), axis)
    return _length(x, axis)[()]


@np.errstate(all="ignore")
def unit(x, axis=-1):
    """x / |x|, the direction along an axis; 0 where x is 0.

    x: shape (..., d) with d along `axis`.
    Returns its shape.

    >>> unit([[3e-300, 4e-300], [0.0, 0.0]]).round(12).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    x = event("x", real("x", x), axis)
    x = np.ldexp(x, -np.frexp(np.abs(x).max(axis, keepdims=True))[1])
    length = np.sqrt((x**2).sum(axis, keepdims=True))
    return x / np.where(length > 0, length, 1.0)


def distances(**named):
    """|x_i - y_j| of two named samples, shape (n, d) and (m, d).

    Returns shape (n, m).

    >>> distances(x=[[0.0, 0.0]], y=[[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[5.0, 0.0]]
    """
    (a, x), (b, y) = ((name, samples(name, s)) for name, s in named.items())
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"{a} {x.shape} and {b} {y.shape} differ in their last axis")
    return np.stack([_length(x - row, -1) for row in y], 1)


@np.errstate(all="ignore")
def _length(x, axis):
    exponent = np.frexp(np.abs(x).max(axis, keepdims=True))[1]
    square = (np.ldexp(x, -exponent) ** 2).sum(axis, keepdims=True)
    return np.ldexp(np.sqrt(square), exponent).squeeze(axis)
