"""Definitions in many digits of what is measured of samples, tables and transport."""

from itertools import combinations, permutations

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import relative
from tests.reference.definitions_models import noise_seen, shares
from tests.reference.exact import inverse, sin, sqrt, squares, ufunc

where = np.where


def far(x, y):
    return sqrt(squares(x, y))


def nearest(x, y):
    """Of each row of x the first of the nearest rows of y."""
    return far(x, y).astype(float).argmin(1)  # what is equal to rounding is equal


def own(x):
    """Distances from the others of the same sample."""
    d = far(x, x)
    return [[d[i, j] for j in range(len(x)) if j != i] for i in range(len(x))]


def among(x, y):
    z, label = np.concatenate([x, y]), [0] * len(x) + [1] * len(y)
    hits = 0
    for i, row in enumerate(squares(z, z)):
        others = [(d, j) for j, d in enumerate(row) if j != i]
        hits += label[min(others, key=lambda o: o[0])[1]] == label[i]
    return mp.mpf(hits) / len(z)


def good(x, means, scale):
    return far(x, means).min(1) <= 3 * scale


def hit(x, means, scale):
    return len({k for k, g in zip(nearest(x, means), good(x, means, scale), strict=True) if g})


def width(x, means, scale):
    at, g, d = nearest(x, means), good(x, means, scale), x.shape[1]
    total, free = mp.mpf(0), 0
    for k in range(len(means)):
        rows = x[(at == k) & g]
        if len(rows):
            total += ((rows - rows.mean(0)) ** 2).sum()
            free += (len(rows) - 1) * d
    if not free:
        return mp.nan
    mass = lambda p: mp.quad(lambda r: r ** (d - 1 + p) * mp.exp(-r * r / 2), [0, 3])  # noqa: E731
    return mp.sqrt(total / free / (mass(2) / mass(0) / d)) / scale


def chi_cdf(r, d):
    return mp.gammainc(mp.mpf(d) / 2, 0, mp.mpf(r) ** 2 / 2, regularized=True)


def cells(x, means, scale):
    counts = np.zeros((len(means), 5), int)
    d = far(x, means)
    for row in d:
        r = min(row) / scale
        share = chi_cdf(r, x.shape[1]) / chi_cdf(3, x.shape[1])
        shell = 4 if r > 3 else min(max(int(mp.ceil(4 * share)) - 1, 0), 3)
        counts[list(row).index(min(row)), shell] += 1
    return counts.ravel()


def energy(x, y):
    def inside(z):
        return sum(sum(row) for row in own(z)) / (len(z) * (len(z) - 1))

    return 2 * far(x, y).mean() - inside(x) - inside(y)


def kept(x, means, scale):
    at, g = nearest(x, means), good(x, means, scale)
    return sum(4 * len(means) * ((at == k) & g).sum() >= len(x) for k in range(len(means)))


def arrival(covered, rounds, modes):
    for i in range(len(covered)):
        if (covered[i:] == modes).all():
            return rounds[i]
    return rounds[-1]


def best_of(values):

    k = len(values)
    return np.array(
        [sum(max(s) for s in combinations(values, m)) / mp.binomial(k, m) for m in range(1, k + 1)]
    )


def matched(counts):
    """The most examples that a one-to-one match holds."""
    a, b = counts.shape
    if a <= b:
        return max(sum(counts[i, c] for i, c in enumerate(p)) for p in permutations(range(b), a))
    return max(sum(counts[c, i] for i, c in enumerate(p)) for p in permutations(range(a), b))


def leaning(image, which):
    i, j = (np.array(a, float) for a in np.indices(image.shape))
    p = image / image.sum()
    mean = lambda f: (p * f).sum()  # noqa: E731
    vi = mean(i * i) - mean(i) ** 2
    c = mean(i * j) - mean(i) * mean(j)
    vj = mean(j * j) - mean(j) ** 2
    return c / vi if which == "slant" else mp.sqrt(vj - c * c / vi)


def within(a, b, group, groups):
    centred = []
    for t in (a, b):
        means = [t[group == g].mean() if (group == g).any() else 0 for g in range(int(groups))]
        centred.append(t - np.array(means, object)[group.astype(int)])
    a, b = centred
    return (a * b).sum() / mp.sqrt((a * a).sum() * (b * b).sum())


def completed(mean, cov, x, mask):
    found, variance = x.astype(object), 0 * x.astype(object)
    for i, row in enumerate(mask.astype(bool)):
        if row.all():
            continue
        m, s = given(mean, cov, np.flatnonzero(row), x[i, row])
        found[i, ~row], variance[i, ~row] = m, np.diag(s)
    return found, variance


def given(mean, cov, at, value):
    """By the precision of the others: S = P_rr^-1, m = mean - S P_ra (value - mean_a)."""
    at = np.asarray(at).astype(int)
    rest = np.array([i for i in range(len(mean)) if i not in at], int)
    precision = inverse(cov)
    s = inverse(precision[np.ix_(rest, rest)])
    return mean[rest] - s @ precision[np.ix_(rest, at)] @ (value - mean[at]), s


def by_class(logits, asked):
    right = logits.argmax(1) == asked
    return [
        right[asked == k].mean() if (asked == k).any() else np.nan for k in range(logits.shape[1])
    ]


def spearman(x, y):
    a, b = (np.array(ranked(v), object) * mp.mpf(1) for v in (x, y))
    a, b = a - a.mean(), b - b.mean()
    return (a * b).sum() / mp.sqrt((a * a).sum() * (b * b).sum())


def ranked(x):
    return [(sum(b < a for b in x) + sum(b <= a for b in x) + 1) / 2 for a in x]


def shares_of(joint):
    rows, columns = joint.sum(1, keepdims=True), joint.sum(0)
    return relative(joint, rows * columns).sum()


def counted(codes, factors, bins, values):
    bins, values = int(bins), int(values)
    table = np.zeros((codes.shape[1], factors.shape[1]), object)
    cells = into_bins(codes, bins)
    for j, k in np.ndindex(table.shape):
        joint = np.zeros((bins, values), object)
        for b, v in zip(cells[:, j], factors[:, k], strict=True):
            joint[int(b), int(v)] += mp.mpf(1) / len(codes)
        table[j, k] = shares_of(joint)
    return table


def into_bins(codes, bins):
    low, high = codes.min(0), codes.max(0)
    share = (codes - low) / where(high > low, high - low, 1)
    return np.minimum(ufunc(lambda x: int(mp.floor(x)))(share * int(bins)), int(bins) - 1) + 0


def gap(information, entropies):
    total = mp.mpf(0)
    for column, h in zip(information.T, entropies, strict=True):
        first, second, *_ = sorted([*column, mp.mpf(0)], reverse=True)
        total += (first - second) / h
    return total / len(entropies)


def denoised(xt, signal, means, scale):
    rows = []
    for x, (a,) in zip(xt, signal, strict=True):
        r = shares(x[None], mp.sqrt(a) * means, mp.sqrt(a * scale**2 + 1 - a))[0]
        cov = scale**2 * np.eye(len(x)) * mp.mpf(1)
        rows.append(
            sum(
                w * noise_seen(x, 1, m, cov, np.array([1 - a]))
                for w, m in zip(r, means, strict=True)
            )
        )
    return np.stack(rows)


def frechet(x, y):
    """In two dimensions: tr (S1 S2)^1/2 = sqrt( tr S1 S2 + 2 sqrt(det S1 S2) )."""

    def fit(z):
        off = z - z.mean(0)
        return z.mean(0), off.T @ off / (len(z) - 1)

    (m1, s1), (m2, s2) = fit(x), fit(y)
    return bures(m1, s1, m2, s2)


def bures(m1, s1, m2, s2):
    det = lambda s: s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]  # noqa: E731
    inside = np.trace(s1 @ s2) + 2 * mp.sqrt(max(det(s1) * det(s2), 0))
    return ((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * mp.sqrt(inside)


def turned(A, B):
    """2 x 2: |A|^2 + |B|^2 - 2 (s_1 + s_2) of A B'."""
    if A.shape != (2, 2):
        return mp.nan
    m = A @ B.T
    s = mp.sqrt((m**2).sum() + 2 * abs(m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]))
    return (A**2).sum() + (B**2).sum() - 2 * s


def angle_path(a, b, t):
    na, nb = mp.sqrt((a * a).sum()), mp.sqrt((b * b).sum())
    w = mp.acos((a * b).sum() / na / nb)
    t = t[:, None]
    if abs(w) < mp.mpf("1e-100"):
        return (1 - t) * a + t * b
    return (sin((1 - t) * w) * a + sin(t * w) * b) / mp.sin(w)
