"""Slant and width of an image, and what a code has to do with them, pixel by pixel.

    E f = sum p f / sum p over an image's rows i and columns j,    V_i, V_j, C_ij its covariance
    slant = C_ij / V_i,    width = sqrt( V_j - C_ij^2 / V_i )
    corr( a - E[a | c], b - E[b | c] )

Hu, "Visual Pattern Recognition by Moment Invariants" (1962).
"""

import numpy as np

from reference.arrays import count, dimensions, non_negative, real, whole
from reference.distance import unit
from reference.errors import DomainError, ShapeError


def _leaning(image):
    """The slant of an image, and its width about the axis that leans so."""
    if image.max() <= 0:
        raise DomainError("images must not be dark: the sum of one is 0")
    if (image.max(1) > 0).sum() < 2:
        raise DomainError("images must be of more than one row")
    p = image / image.max()
    p = p / p.sum()
    rows, columns = np.indices(image.shape).astype(float)
    rows, columns = rows - (p * rows).sum(), columns - (p * columns).sum()
    lean = (p * rows * columns).sum() / (p * rows**2).sum()
    # V_j - C^2 / V_i as a mean of squares, which is not negative.
    return lean, np.sqrt((p * (columns - lean * rows) ** 2).sum())


def slant(images):
    """Columns per row by which each image leans.

    images: intensities, at least 0, shape (N, h, w). Returns shape (N,).

    >>> slant([np.eye(3)]).round(12).tolist()
    [1.0]
    """
    images = dimensions("images", non_negative("images", images), 3)
    return np.array([_leaning(image)[0] for image in images])


def width(images):
    """The standard deviation of columns around the slanted axis.

    images: as above. Returns shape (N,).

    >>> width([np.ones((3, 3))]).round(6).tolist()
    [0.816497]
    """
    images = dimensions("images", non_negative("images", images), 3)
    return np.array([_leaning(image)[1] for image in images])


@np.errstate(all="ignore")
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
            inside = t[group == g] - t[group == g][0]  # exactly 0 for equal numbers
            t[group == g] = inside - inside.mean()
        centred.append(unit(t))
    if not all(t.any() for t in centred):
        raise DomainError("a and b must vary within a group")
    return np.clip(centred[0] @ centred[1], -1, 1)  # of two directions
