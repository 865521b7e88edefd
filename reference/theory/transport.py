"""Optimal transport where it has a closed form: on the line, and between Gaussians.

    W1(F, G) = integral |F(t) - G(t)| dt = sup over 1-Lipschitz f of E_F f - E_G f

Villani, "Topics in Optimal Transportation" (2003), theorems 1.14 and 2.18; for Gaussians
Dowson & Landau, "The Frechet distance between multivariate normal distributions" (1982).
"""

import numpy as np

from reference.arrays import covariance, dimensions, equal_shapes, non_negative, real, refuse
from reference.errors import ShapeError


def _sample(name, x, weight):
    x = real(name, x)
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    dimensions(name, x, 1)
    if weight is None:
        return x, np.full(len(x), 1 / len(x))
    weight = non_negative(f"w{name}", weight)
    if weight.shape != x.shape:
        raise ShapeError(f"w{name} {weight.shape} and {name} {x.shape} differ in shape")
    refuse(f"sum of w{name}", weight.sum(), weight.sum() <= 0, "above 0")
    return x, weight / weight.sum()


@np.errstate(all="ignore")
def w1_1d(x, y, wx=None, wy=None):
    """W1 of two weighted samples on the line: the area between their step functions.

    x, y: points, shape (n,) and (m,). wx, wy: their weights, equal unless given.
    Returns one number, at least 0.

    >>> float(w1_1d([0.0, 1.0], [3.0])), float(w1_1d([0.0, 9.0], [9.0], wx=[1, 3]))
    (2.5, 2.25)
    """
    (x, wx), (y, wy) = _sample("x", x, wx), _sample("y", y, wy)
    points = np.concatenate([x, y])
    order = np.argsort(points, kind="stable")
    points = points[order]
    if np.ptp(wx) == np.ptp(wy) == 0:
        # Equal weights: whole numbers, so that equal distributions have distance exactly 0.
        steps = np.concatenate([np.full(len(x), len(y)), np.full(len(y), -len(x))])[order]
        gap = np.abs(np.cumsum(steps))[:-1] / (len(x) * len(y))
    else:
        gap = np.abs(np.cumsum(np.concatenate([wx, -wy])[order]))[:-1]
    return (gap * np.diff(points)).sum()


@np.errstate(all="ignore")
def w1_dual_1d(grid, F, G):
    """The optimal critic for two distribution functions on a grid, and its value.

    grid: increasing points, shape (n,). F, G: distribution functions there, shape (n,),
    constant from each point to the next and equal at the last.
    Returns (f, gap): the critic with gradient sign(G - F), shape (n,), and E_F f - E_G f.

    >>> f, gap = w1_dual_1d([0.0, 1.0], [1.0, 1.0], [0.0, 1.0])
    >>> f.tolist(), float(gap)
    ([0.0, -1.0], 1.0)
    """
    grid = dimensions("grid", real("grid", grid), 1)
    F, G = real("F", F), real("G", G)
    if not grid.shape == F.shape == G.shape:
        raise ShapeError(f"grid {grid.shape}, F {F.shape} and G {G.shape} differ in shape")
    refuse("grid", grid[1:], np.diff(grid) <= 0, "increasing")
    refuse("F", F[-1:], np.abs(F - G)[-1:] > 1e-9, "equal to G at the last point")
    gradient = np.sign(G - F)[:-1]
    f = np.concatenate([[0.0], np.cumsum(gradient * np.diff(grid))])
    p, q = np.diff(F, prepend=0.0), np.diff(G, prepend=0.0)
    return f, ((p - q) * f).sum()


@np.errstate(all="ignore")
def sliced_w1(X, Y, dirs):
    """Sliced W1: the mean W1 of the projections of two samples onto unit directions.

    X, Y: samples, shape (n, d) and (m, d). dirs: unit vectors, shape (S, d).
    Returns one number, at least 0. Bonneel et al. (2015), "Sliced and Radon Wasserstein".

    >>> float(sliced_w1([[0.0, 0.0]], [[3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]))
    3.5
    """
    X, Y = dimensions("X", real("X", X), 2), dimensions("Y", real("Y", Y), 2)
    dirs = dimensions("dirs", real("dirs", dirs), 2)
    if not X.shape[1] == Y.shape[1] == dirs.shape[1]:
        raise ShapeError(f"X {X.shape}, Y {Y.shape} and dirs {dirs.shape} differ in width")
    length = np.sqrt((dirs**2).sum(1))
    refuse("length of dirs", length, np.abs(length - 1) > 1e-9, "1")
    return np.mean([w1_1d(X @ u, Y @ u) for u in dirs])


@np.errstate(all="ignore")
def gaussian_factor(matrix, name="matrix"):
    """A square factor A of a positive semi-definite matrix, A^T A = S, by eigenvalues.

    >>> gaussian_factor([[4.0]]).tolist()
    [[2.0]]
    """
    values, vectors = np.linalg.eigh(covariance(name, matrix, singular=True))
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


@np.errstate(all="ignore")
def procrustes(A, B):
    """min over orthogonal Q of |A - Q B|^2, the squared Bures distance of A^T A and B^T B.

    Never negative, without a matrix square root: Q = U V^T from the singular vectors of A B^T.
    A, B: square or tall factors with equal shape (n, d).

    >>> float(procrustes(np.eye(2), -np.eye(2)))
    0.0
    """
    A, B = equal_shapes(A=dimensions("A", real("A", A), 2), B=dimensions("B", real("B", B), 2))
    # Q is computed from A and B over their largest entries, whose products do not overflow.
    size = [max(np.abs(M).max(), np.finfo(float).tiny) for M in (A, B)]
    u, _, vt = np.linalg.svd((A / size[0]) @ (B / size[1]).T)
    return ((A - u @ vt @ B) ** 2).sum()


@np.errstate(all="ignore")
def wp_gauss(m1, S1, m2, S2):
    """W2 squared between two Gaussians: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2).

    m1, m2: means, shape (d,). S1, S2: covariances, shape (d, d), possibly singular.
    Returns one number, at least 0.

    >>> round(float(wp_gauss([0.0], [[1.0]], [3.0], [[4.0]])), 12)
    10.0
    """
    m1, m2 = dimensions("m1", real("m1", m1), 1), dimensions("m2", real("m2", m2), 1)
    A, B = gaussian_factor(S1, "S1"), gaussian_factor(S2, "S2")
    if not m1.shape == m2.shape == A.shape[:1] == B.shape[:1]:
        raise ShapeError(f"m1 {m1.shape}, m2 {m2.shape}, S1 {A.shape}, S2 {B.shape} do not fit")
    return ((m1 - m2) ** 2).sum() + procrustes(A, B)
