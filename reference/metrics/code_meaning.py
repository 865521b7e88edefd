"""Slant and width of an image, and what a code has to do with them, pixel by pixel.

    E f = sum p f / sum p over an image's rows i and columns j,    V_i, V_j, C_ij its covariance
    slant = C_ij / V_i,    width = sqrt( V_j - C_ij^2 / V_i )
    corr( a - E[a | c], b - E[b | c] )

Hu, "Visual Pattern Recognition by Moment Invariants" (1962).
"""

import numpy as np

from reference.arrays import count, dimensions, non_negative, real, whole
from reference.errors import DomainError, ShapeError


def _covariance(image):
    if image.sum() <= 0:
        raise DomainError("images must not be dark: the sum of one is 0")
    points = [(i, j) for i in range(image.shape[0]) for j in range(image.shape[1])]
    found = np.cov(np.array(points).T, aweights=image.ravel() / image.sum(), ddof=0)
    if found[0, 0] <= 0:
        raise DomainError("images must be of more than one row")
    return found


def slant(images):
    """Columns per row by which each image leans.

    images: intensities, at least 0, shape (N, h, w). Returns shape (N,).

    >>> slant([np.eye(3)]).round(12).tolist()
    [1.0]
    """
    images = dimensions("images", non_negative("images", images), 3)
    return np.array([(c := _covariance(image))[0, 1] / c[0, 0] for image in images])


def width(images):
    """The standard deviation of columns around the slanted axis.

    >>> width([np.ones((3, 3))]).round(6).tolist()
    [0.816497]
    """
    images = dimensions("images", non_negative("images", images), 3)
    spread = [c[1, 1] - c[0, 1] ** 2 / c[0, 0] for c in map(_covariance, images)]
    return np.sqrt(np.maximum(spread, 0))


def correlation_within(a, b, group, groups):
    """The correlation of a and b, each less its mean within the group.

    a, b: shape (N,). group: integers in 0 ... groups - 1, shape (N,).

    >>> round(float(correlation_within([0.0, 1.0, 5.0, 6.0], [1.0, 2.0, 0.0, 1.0],
    ...                                [0, 0, 1, 1], 2)), 12)
    1.0
    """
    a, b = (dimensions(n, real(n, t), 1) for n, t in (("a", a), ("b", b)))
    group = whole("group", group, 0, count("groups", groups))
    if not a.shape == b.shape == group.shape:
        raise ShapeError(f"a {a.shape}, b {b.shape} and group {group.shape} must be equal")
    centred = []
    for t in (a, b):
        t = t.copy()
        for g in np.unique(group):
            t[group == g] -= t[group == g].mean()
        centred.append(t)
    if not all(np.abs(t).max() > 0 for t in centred):
        raise DomainError("a and b must vary within a group")
    return np.corrcoef(*centred)[0, 1]
