"""Subspaces: principal axes, and the principal angles between two subspaces.

    cov v_i = l_i v_i,    cos a_i = singular values of Q_A' Q_B

Hotelling, "Analysis of a complex of statistical variables into principal components" (1933);
Bjorck & Golub, "Numerical methods for computing angles between linear subspaces" (1973),
theorem 1, and section 3 for small angles from sines.
"""

import numpy as np

from reference.arrays import count, dimensions, real, samples
from reference.errors import DomainError, ShapeError


def _residual(name, x):
    x = x / max(np.abs(x).max(), np.finfo(float).tiny)
    x = x - x[0]  # equal rows are then exactly 0
    wide = np.abs(x).max(0)
    if not wide.any():
        raise DomainError(f"{name} must vary: equal rows have no axes")
    if wide[wide > 0].min() < 1e-12 * wide.max():
        raise DomainError(f"{name} must have columns that vary within 1e12 of one another")
    return x - x.mean(0)


def principal_axes(x, k):
    """The first k principal axes, orthogonal unit vectors.

    x: samples, shape (n, d). k: in 1 ... d.
    Returns shape (d, k), each axis up to its sign.

    >>> np.abs(principal_axes([[0.0, 0.0], [1.0, 3.0], [2.0, 0.0], [1.0, -3.0]], 1)).tolist()
    [[0.0], [1.0]]
    """
    x = samples("x", x)
    k = count("k", k)
    if k > x.shape[1]:
        raise DomainError(f"k must be at most the columns of x: k = {k}, columns {x.shape[1]}")
    # Singular vectors of the residual, not eigenvectors of its square: all digits are kept.
    return np.linalg.svd(_residual("x", x), full_matrices=True)[2][:k].T


@np.errstate(all="ignore")
def principal_reconstruction(train, x, k):
    """PCA: the projection of x on the first k axes through the training mean.

    train: the examples that the axes are fitted to, shape (n, d). x: shape (N, d). k: in 1 ... d.
    Returns shape (N, d).

    >>> principal_reconstruction([[0.0, 0.0], [2.0, 0.0]], [[5.0, 7.0]], 1).tolist()
    [[5.0, 0.0]]
    """
    train, x = samples("train", train), samples("x", x)
    if train.shape[1] != x.shape[1]:
        raise ShapeError(f"train {train.shape} and x {x.shape} differ in their last axis")
    # The residual is the component along the axes that are left out.
    k = count("k", k)
    if k > x.shape[1]:
        raise DomainError(f"k must be at most the columns of x: k = {k}, columns {x.shape[1]}")
    left_out = np.linalg.svd(_residual("train", train), full_matrices=True)[2][k:].T
    return x - (x - train.mean(0)) @ left_out @ left_out.T


def principal_angles(A, B):
    """The principal angles between the spans of two sets of columns, in radians, increasing.

    A, B: shape (d, k) and (d, m), each with independent columns.
    Returns shape (min(k, m),), in [0, pi/2]. Bjorck & Golub (1973): angles below pi/4 come from
    their sines, the singular values of the part of one span that is orthogonal to the other.

    >>> principal_angles([[1.0], [0.0]], [[1.0], [1.0]]).round(12).tolist()
    [0.785398163397]
    """
    A, B = dimensions("A", real("A", A), 2), dimensions("B", real("B", B), 2)
    if A.shape[0] != B.shape[0]:
        raise ShapeError(f"A {A.shape} and B {B.shape} differ in their first axis")
    A, B = (M / np.maximum(np.abs(M).max(0), np.finfo(float).tiny) for M in (A, B))
    for name, columns in (("A", A), ("B", B)):
        if np.linalg.matrix_rank(columns) < columns.shape[1]:
            raise DomainError(f"{name} must have independent columns")
    qa, qb = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    if qa.shape[1] < qb.shape[1]:
        qa, qb = qb, qa
    # Not the sine of each pair of principal vectors: cosines that round to one number leave
    # those vectors mixed, and singular values are in order by themselves.
    cosine = np.linalg.svd(qa.T @ qb, compute_uv=False)
    sine = np.linalg.svd(qb - qa @ (qa.T @ qb), compute_uv=False)[::-1]
    small = cosine > sine
    return np.where(
        small, np.arcsin(np.minimum(sine, 1)), np.arccos(np.where(small, 0, np.clip(cosine, 0, 1)))
    )
