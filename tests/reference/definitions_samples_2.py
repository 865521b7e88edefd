"""Definitions in many digits of what is measured of samples, tables and transport."""

from itertools import pairwise, product

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import ratio
from tests.reference.definitions_samples import far, own
from tests.reference.exact import eigenvalues, exp, inverse, log, sqrt, squares, ufunc


def lengths(x):
    x = x[:, None] if x.ndim == 1 else x
    return sqrt((np.diff(x, axis=0) ** 2).sum(1))


def cubic(x, y):
    x, y = (a[:, None] if a.ndim == 1 else a for a in (x, y))
    return (x @ y.T / x.shape[1] + 1) ** 3


def unbiased(x, y):
    def off(k):
        return (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))

    return off(cubic(x, x)) + off(cubic(y, y)) - 2 * cubic(x, y).mean()


def in_blocks(x, y, blocks):
    b = int(blocks)
    parts = zip(np.array_split(x, b), np.array_split(y, b), strict=True)
    v = np.array([unbiased(*p) for p in parts], object)
    if b == 1:
        return v.mean(), mp.nan
    return v.mean(), mp.sqrt(((v - v.mean()) ** 2).sum() / (b - 1) / b)


def balls(x, y, k):
    k = int(k)
    radius = lambda z: np.array([sorted(row)[k - 1] for row in own(z)], float)  # noqa: E731
    return far(x, y).astype(float), radius(x), radius(y)


def precision_recall(x, y, k):
    d, rx, ry = balls(x, y, k)
    return np.mean((d <= rx[:, None]).any(0)), np.mean((d <= ry).any(1))


def density(x, y, k):
    d, rx, _ = balls(x, y, k)
    inside = (d <= rx[:, None]).astype(int)
    return inside.sum(0).mean() / int(k), np.mean(inside.any(1))


def pushed(edges, ends, below):
    """Each piece's mass, spread evenly over what it is mapped to."""
    mass = np.zeros(len(edges) - 1, object)
    for a, b, p in zip(ends[:-1], ends[1:], np.diff(below), strict=True):
        low, high = min(a, b), max(a, b)
        for i in range(len(mass)):
            left, right = edges[i], edges[i + 1]
            if low == high:
                last = i == len(mass) - 1 and low == right
                mass[i] += p if left <= low < right or last else 0
            else:
                mass[i] += p * max(min(right, high) - max(left, low), 0) / (high - low)
    return mass


def joint(values, parts):
    return np.array([np.prod(c) for c in product(values, repeat=int(parts))])


def affine(x, y, z):
    """By the eigenvectors of x'x, without those whose deviation is below 1e-9 of the largest."""
    off, target = x - x.mean(0), y - y.mean(0)
    values, vectors = mp.eigsy(mp.matrix((off.T @ off).tolist()))
    v, top = np.array(vectors.tolist(), object), max(values)
    back = np.array([1 / w if w > top * mp.mpf("1e-18") else mp.mpf(0) for w in values], object)
    return (z - x.mean(0)) @ (v * back) @ v.T @ off.T @ target + y.mean(0)


def mean_rounded(x, y, z):
    """The rounding of the mean of y, which is taken off and put back."""
    return 1e-15 * np.abs(y).max()


def window(x, centres, sigma):
    d2 = squares(x, centres) / sigma**2
    top = d2.min(1, keepdims=True)
    total = log(exp(-(d2 - top) / 2).sum(1) / len(centres)) - top[:, 0] / 2
    d = 1 if centres.ndim == 1 else centres.shape[1]
    return total - d * mp.log(2 * mp.pi * sigma**2) / 2


def widest(x, centres, sigmas):
    fits = [window(x, centres, s).mean() for s in sigmas]
    return sigmas[fits.index(max(fits))]


def ridge(features, label, classes, weight):
    wide = np.hstack([features, np.ones((len(features), 1))])
    damp = weight * np.diag([1] * features.shape[1] + [0])
    return inverse(wide.T @ wide + damp) @ wide.T @ np.eye(int(classes))[label.astype(int)]


def votes(features, label, classes, x, k):
    out, k = np.zeros((len(x), int(classes)), object), int(k)
    for row, d in zip(out, far(x, features).astype(float), strict=True):
        order = sorted(range(len(d)), key=lambda j: d[j])[:k]
        for rank, j in enumerate(order):
            row[int(label[j])] += 1 + mp.mpf(k - rank) / (k * (k + 1))
    return out


def accepted(a, gamma):
    f = a - a.max() - log(1 - exp(a - a.max() - mp.mpf(1e-8)))
    return 1 / (1 + exp(gamma - f))


def changed(j, h):
    (a, b), (c, d) = h * j
    trace, det = 2 + a + d + b * c, (1 + a) * (1 + d)
    root = mp.sqrt(trace**2 / 4 - det)
    return mp.log(max(abs(trace / 2 + root), abs(trace / 2 - root)))


def projector(axes, *_):
    return axes @ axes.T


def axes(x, k):
    off = x - x.mean(0)
    values, vectors = mp.eigsy(mp.matrix((off.T @ off).tolist()))
    v = np.array(vectors.tolist(), object)[:, np.argsort(list(values))[::-1][: int(k)]]
    return v @ v.T


def angles(A, B):
    """Of two lines in the plane or in space."""
    a, b = A[:, 0], B[:, 0]
    inner = (a * b).sum() ** 2
    across = (a * a).sum() * (b * b).sum() - inner
    return np.array([mp.atan2(mp.sqrt(abs(across)), mp.sqrt(inner))])


def truncated(z, bound):
    def one(x):
        target = (phi(x) - mp.mpf("0.5")) * (phi(bound) - phi(-bound))
        f = lambda t: phi(t) - mp.mpf("0.5") - target  # noqa: E731
        return mp.findroot(f, target * mp.sqrt(2 * mp.pi)) if abs(x) < 3 else mp.nan

    return ufunc(one)(z)


def phi(x):
    return mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2


def matrix_root(s, sign=1):
    """Of a 2 x 2 covariance, by Cayley and Hamilton."""
    d = mp.sqrt(s[0, 0] * s[1, 1] - s[0, 1] ** 2)
    t = mp.sqrt(s[0, 0] + s[1, 1] + 2 * d)
    root = (s + d * np.eye(2)) / t
    return root if sign > 0 else inverse(root)


def turn(r):
    a = r.uniform(0, 6)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def intrinsic(x):
    pairs = [sorted(row)[:2] for row in own(x)]
    total = sum(mp.log(b / a) for a, b in pairs)
    return len(x) / total if total else mp.inf


def amari(P):
    P, d = abs(P), len(P)
    rows = (P / P.max(1, keepdims=True)).sum() - d
    return (rows + (P / P.max(0)).sum() - d) / (2 * d * (d - 1))


def second_gap(U):
    n_ = len(U)
    P = np.zeros((n_, n_), object)
    for i, j in product(range(n_), repeat=2):
        if abs(i - j) == 1:
            P[i, j] = min(mp.mpf(1), mp.exp(U[i] - U[j])) / 2 * mp.exp((U[j] - U[i]) / 2)
    for i in range(n_):
        P[i, i] = 1 - sum(
            min(mp.mpf(1), mp.exp(U[i] - U[j])) / 2 for j in (i - 1, i + 1) if 0 <= j < n_
        )
    return 1 - eigenvalues(P)[-2]


def partition(W, a, b):
    total = mp.mpf(0)
    for v in product((0, 1), repeat=len(a)):
        for h in product((0, 1), repeat=len(b)):
            v_, h_ = np.array(v), np.array(h)
            total += mp.exp((v_ * a).sum() + (h_ * b).sum() + v_ @ W @ h_)
    return mp.log(total)


def inverted(u, p):
    return ufunc(lambda x: next(k for k, c in enumerate(np.cumsum(p)) if x < c))(u).astype(int)


def pearson(c, p):
    m = c.sum()
    return ratio((c - m * p) ** 2, m * p).sum()


def drawn(values, p, k):
    return sum(
        np.prod([p[i] for i in d]) * sum(values[i] for i in d) / int(k)
        for d in product(range(len(p)), repeat=int(k))
    )


def drawn_log(values, p, k):
    return sum(
        np.prod([p[i] for i in d]) * mp.log(sum(mp.exp(values[i]) for i in d) / int(k))
        for d in product(range(len(p)), repeat=int(k))
        if all(p[i] > 0 for i in d)
    )


def step_functions(x, y):
    """The integral of |F - G|, interval by interval."""
    points = sorted([*x, *y])
    total = mp.mpf(0)
    for a, b in pairwise(points):
        f, g = (mp.mpf(sum(v <= a for v in s)) / len(s) for s in (x, y))
        total += abs(f - g) * (b - a)
    return total


def sliced(X, Y, dirs):
    return sum(step_functions(list(X @ u), list(Y @ u)) for u in dirs) / len(dirs)


def bayes(prior, likelihood):
    return prior * likelihood / (prior * likelihood).sum(-1, keepdims=True)
