"""Diagnostics of samples and maps: modes, copies, intrinsic dimension, smoothness.

Salimans et al., "Improved Techniques for Training GANs" (2016), section 4, for the score;
Facco et al., "Estimating the intrinsic dimension of datasets by a minimal neighborhood
information" (2017), equation 6, for two neighbours; Amari et al. (1996) for the index; White,
"Sampling Generative Networks" (2016), for what lies between two latents.
"""

import numpy as np

from reference.arrays import (
    count,
    dimensions,
    number,
    positive,
    probabilities,
    real,
    refuse,
    samples,
    whole,
    within,
)
from reference.distance import distances
from reference.errors import DomainError, ShapeError
from reference.primitives import logsumexp, rel_term, softplus


@np.errstate(all="ignore")
def mode_coverage(x, centres, tol):
    """The number of centres with one of their own samples within tol, and the fraction of such.

    x: samples, shape (n, d). centres: shape (K, d). tol: a distance.
    Returns (modes in 0 ... K, share in [0, 1]).

    >>> modes, share = mode_coverage([[0.1], [5.0]], [[0.0], [1.0]], 0.5)
    >>> modes, float(share)
    (1, 0.5)
    """
    distance = distances(x, centres, ("x", "centres"))
    good = distance.min(1) <= positive("tol", number("tol", tol))
    return len(np.unique(distance.argmin(1)[good])), good.mean()


def flip_rate(before, after):
    """The fraction of fixed latents whose class has changed between two snapshots.

    before, after: classes, shape (n,).
    Returns a number in [0, 1].

    >>> float(flip_rate([1, 2], [1, 3]))
    0.5
    """
    before, after = whole("before", before), whole("after", after)
    if before.shape != after.shape:
        raise ShapeError(f"before {before.shape} and after {after.shape} differ in shape")
    return (dimensions("before", before, 1) != after).mean()


@np.errstate(all="ignore")
def inception_score(p):
    """exp of the mean KL of each image's class probabilities from their average, in [1, K].

    p: p(y | x), rows sum to 1, shape (n, K).
    Returns one number.

    >>> float(inception_score([[1.0, 0.0], [0.0, 1.0]]))
    2.0
    """
    p = dimensions("p", probabilities("p", p), 2)
    mean = p.mean(0)  # where it underflows, so does the contribution of what it is a mean of
    return np.exp(rel_term(np.where(mean > 0, p, 0.0), mean).sum(1).mean())


@np.errstate(all="ignore")
def nn_distance_ratio(made, train, test):
    """The mean distance of samples from their nearest training example, over that of test data.

    Near 0 for copies of the training set, near 1 for samples like fresh data.

    made, train, test: shape (n, d), (m, d), (k, d).
    Returns one number.

    >>> float(nn_distance_ratio([[1.0]], [[0.0]], [[2.0]]))
    0.5
    """
    fresh = distances(test, train, ("test", "train")).min(1).mean()
    if fresh == 0:
        raise DomainError("test must not lie in train: its mean distance is 0")
    return distances(made, train, ("made", "train")).min(1).mean() / fresh


@np.errstate(all="ignore")
def twonn_id(x):
    """The intrinsic dimension from the two nearest neighbours: n / sum log(r2 / r1).

    x: distinct points, shape (n, d), n at least 3.
    Returns one number, the maximum-likelihood estimate; scaling x changes nothing. Infinite where
    every point has two nearest ones at one distance.

    >>> round(float(twonn_id(np.arange(8.0)[:, None] ** 2)), 2)
    1.84
    """
    x = samples("x", x, 3)
    first, second = np.sort(distances(x, x), 1)[:, 1:3].T
    if (first == 0).any():
        raise DomainError("x must hold distinct points: two are equal")
    close = second <= 2 * first
    ratio = np.where(close, np.log1p((second - first) / first), np.log(second) - np.log(first))
    return len(x) / ratio.sum()


@np.errstate(all="ignore")
def amari_index(P):
    """The distance of a square matrix from a scaled permutation, in [0, 1].

    P: shape (d, d), no zero row or column.
    Returns one number; 0 means that sources were found up to order and scale.

    >>> float(amari_index([[0.0, 2.0], [-3.0, 0.0]]))
    0.0
    """
    P = np.abs(dimensions("P", real("P", P), 2))
    if P.shape[0] != P.shape[1] or len(P) < 2:
        raise ShapeError(f"P must be square, 2 x 2 or more: shape {P.shape}")
    if not (P.max(0).all() and P.max(1).all()):
        raise DomainError("P must have no zero row or column")
    rows = (P / P.max(1, keepdims=True)).sum() - len(P)
    columns = (P / P.max(0)).sum() - len(P)
    return (rows + columns) / (2 * len(P) * (len(P) - 1))


def interp_norm_distribution(t, d):
    """E |t z + (1 - t) z'|^2 = (t^2 + (1 - t)^2) d for independent standard normal z, z'.

    At the midpoint it is half of that at the ends: straight lines leave the shell of noise.

    t: in [0, 1], any shape. d: latent size.
    Returns the shape of t.

    >>> float(interp_norm_distribution(0.5, 100))
    50.0
    """
    t = within("t", t, 0, 1)
    return (t**2 + (1 - t) ** 2) * count("d", d)


@np.errstate(all="ignore")
def lipschitz_upper_bound(weights, gradient=1.0):
    """L with |G(z) - G(z')| <= L |z - z'|: the product of the layers' largest singular values.

    weights: matrices, one per linear layer. gradient: the activations' largest gradient.
    Returns one number.

    >>> float(lipschitz_upper_bound([[[2.0]], [[-3.0]]]))
    6.0
    """
    given = [dimensions("weights", real("weights", w), 2) for w in weights]
    norms = [np.linalg.norm(w, 2) for w in given]
    return np.prod(norms) * positive("gradient", number("gradient", gradient)) ** max(
        len(norms) - 1, 0
    )


@np.errstate(all="ignore")
def metropolis_gap(U):
    """The spectral gap, 1 - the second eigenvalue, of Metropolis steps under energies U.

    The chain proposes each neighbour with probability 1/2 and accepts with min(1, e^(U_i - U_j)).
    The gap decreases like e^-barrier; its inverse is the time that a sampler stays in a mode.

    U: energies along a line, shape (n,), n at least 2.
    Returns one number, in (0, 2).

    >>> float(metropolis_gap([0.0, 0.0]))
    1.0
    """
    U = dimensions("U", real("U", U), 1)
    if len(U) < 2:
        raise ShapeError(f"U must hold at least two energies: shape {U.shape}")
    # 1 - P is A C A' / pi for the path's edges with flows C_i = pi_i P_i,i+1 = e^-max(U) / 2. On
    # edges, C^1/2 A' pi^-1 A C^1/2 has its eigenvalues but 0, and an inverse without a difference:
    # F_i G_j / sqrt(C_i C_j), i <= j, of the masses F left of edge i and G right of edge j. In
    # logarithms, as the gap itself may be far below the rounding of 1.
    refuse("U", U, U - U.min() > 1e6, "within 1e6 of its least: differences need their digits")
    U = U - U.min()
    flow = -np.maximum(U[1:], U[:-1]) - np.log(2.0)
    left = np.logaddexp.accumulate(-U)[:-1] - flow / 2
    right = np.logaddexp.accumulate(-U[::-1])[::-1][1:] - flow / 2
    table = np.triu(left[:, None] + right)
    table = table + np.triu(table, 1).T - logsumexp(-U)
    top = table.max()
    return np.exp(-top) / np.linalg.eigvalsh(np.exp(table - top))[-1]


@np.errstate(all="ignore")
def rbm_logZ_bruteforce(W, a, b):
    """log of the partition function of a restricted Boltzmann machine, by enumeration.

    Z = sum_v e^(a'v) prod_j (1 + e^(b_j + (v'W)_j)), a sum of 2^n terms over visible states v.

    W: shape (n, m), n at most 20. a: visible biases (n,). b: hidden biases (m,).
    Returns one number.

    >>> round(float(rbm_logZ_bruteforce([[0.0]], [0.0], [0.0])), 6)
    1.386294
    """
    W, a, b = dimensions("W", real("W", W), 2), real("a", a), real("b", b)
    if a.ndim != 1 or W.shape != (*a.shape, *b.shape) or len(a) > 20:
        raise ShapeError(f"shapes do not fit, or n > 20: W {W.shape}, a {a.shape}, b {b.shape}")
    v = (np.arange(2 ** len(a))[:, None] >> np.arange(len(a))) & 1
    return logsumexp(v @ a + softplus(b + v @ W).sum(1))
