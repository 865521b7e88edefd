"""Definitions in many digits, or by enumeration, of the statistics of a verdict."""

from itertools import combinations

import mpmath as mp


def tail(t, v):
    """By the regularised incomplete beta function."""
    x = mp.mpf(v) / (v + mp.mpf(t) ** 2)
    return mp.betainc(mp.mpf(v) / 2, mp.mpf("0.5"), 0, x, regularized=True) / 2


def quantile(error, v):
    return mp.findroot(lambda t: mp.log(tail(t, v)) - mp.log(error), (1, 2), tol=1e-24)


def variance(x):
    return ((x - x.mean()) ** 2).sum() / (len(x) - 1)


def contrast(columns, weights, error):
    middle = sum(c * x.mean() for c, x in zip(weights, columns, strict=True))
    parts = [c**2 * variance(x) / len(x) for c, x in zip(weights, columns, strict=True)]
    total = sum(parts)
    if total == 0:
        return middle, middle, middle
    v = total**2 / sum(p**2 / (len(x) - 1) for p, x in zip(parts, columns, strict=True))
    half = quantile(error, v) * mp.sqrt(total)
    return middle, middle - half, middle + half


def binomial(k, m, p):
    chances = (
        mp.binomial(int(m), j) * p**j * (1 - p) ** (int(m) - j) for j in range(int(k), int(m) + 1)
    )
    return sum(chances, mp.mpf(0))


def exact_share(k, m, error):
    """By quantiles of beta distributions, found from their distribution functions."""
    k, m = int(k), int(m)
    low = least_share(k, m - k + 1, error) if k else 0
    return mp.mpf(k) / m, low, 1 - least_share(m - k, k + 1, error) if k < m else 1


def least_share(a, b, error):
    """The p that a beta variable is below with probability `error`, by the logarithms of both."""
    excess = lambda t: (  # noqa: E731
        mp.log(mp.betainc(a, b, 0, mp.exp(t), regularized=True)) - mp.log(error)
    )
    # I_p(a, b) is p^a times a number between 1 and (a + b)^a.
    ends = [mp.log(error) / a - mp.log(a + b) - 1, mp.log(error) / a / 10**6]
    while excess(ends[1]) < 0:
        ends[1] /= 10
    return mp.exp(mp.findroot(excess, ends, solver="anderson", tol=1e-40, maxsteps=200))


def middle(values, error):
    x, m = sorted(values), len(values)
    k = max(
        k
        for k in range(m)
        if binomial(0, m, mp.mpf("0.5"))
        and sum(mp.binomial(m, j) for j in range(k)) / mp.mpf(2) ** m <= error
    )
    return (x[(m - 1) // 2] + x[m // 2]) / 2, x[k - 1], x[m - k]


def shown(m, effect, sd, level, kind):
    """By adaptive quadrature over the deviation that is found."""
    m = int(m)
    runs = 2 if kind in ("difference", "equivalence of two") else 1
    v, error = runs * (m - 1), sd * mp.sqrt(mp.mpf(runs) / m)
    t = quantile((1 - level) / 2, v)
    phi = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2  # noqa: E731
    two = kind.startswith("equivalence")
    ends = [0, 0.5, 1, 1.5, 2, 4, 8]
    if two:
        kink = effect / error / t
        ends = sorted({e for e in ends if e < kink} | {kink})
    gain = lambda s: (2 if two else 1) * phi(effect / error - t * s) - two  # noqa: E731
    weight = lambda s: s ** (v - 1) * mp.exp(-v * s * s / 2)  # noqa: E731
    whole = mp.gamma(mp.mpf(v) / 2) / 2 * (mp.mpf(2) / v) ** (mp.mpf(v) / 2)
    return mp.quad(lambda s: gain(s) * weight(s), ends) / whole


def new_mean(values, seeds, level):
    spread = mp.sqrt(variance(values) * (mp.mpf(1) / len(values) + mp.mpf(1) / int(seeds)))
    half = quantile((1 - level) / 2, len(values) - 1) * spread
    return values.mean() - half, values.mean() + half


def new_share(c, m, k, level):
    c, m, k, kept = int(c), int(m), int(k), []
    for y in range(k + 1):
        chance = {
            j: mp.binomial(m, j) * mp.binomial(k, c + y - j)
            for j in range(max(0, c + y - k), min(m, c + y) + 1)
        }
        total, error = sum(chance.values()), (1 - level) / 2
        if all(
            sum(v for j, v in chance.items() if f(j)) / total > error
            for f in (lambda j: j <= c, lambda j: j >= c)
        ):
            kept.append(y)
    return mp.mpf(kept[0]) / k, mp.mpf(kept[-1]) / k


def crossed(y):
    """Of one run, from the components of its mean squares."""
    r, e = y.shape
    rows, columns = y.mean(1), y.mean(0)
    rest = ((y - rows[:, None] - columns + y.mean()) ** 2).sum() / ((r - 1) * (e - 1)) / (r * e)
    of = [variance(rows) / r, variance(columns) / e]
    total, parts = (
        sum(of) - rest,
        [*zip(of, (r - 1, e - 1), strict=True), (rest, (r - 1) * (e - 1))],
    )
    if abs(max(of) - total) < total * mp.mpf("1e-12"):  # which of both, rounding decides
        return y.mean(), total, mp.nan
    if max(of) > total:
        total = max(of)
        parts = [(total, (r - 1, e - 1)[of.index(total)])]
    below = sum(v**2 / f for v, f in parts)
    return y.mean(), total, total**2 / below if below else mp.mpf(1)


def best(values, m):
    sets = list(combinations(values, int(m)))
    return sum(max(s) for s in sets) / len(sets)
