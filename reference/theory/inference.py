"""The statistics of a verdict from their distributions, each by an integral or a sum.

    binomial     P(X >= k) = sum over j >= k of (n choose j) p^j (1 - p)^(n - j)
    power        P(T > t) of noncentral T = E_s[ Phi(delta - t s) ],    v s^2 ~ chi-squared of v

Clopper & Pearson (1934); Thompson (1936) for the median; Welch (1947) and Satterthwaite (1946);
Thatcher (1964) for new counts; Cornfield & Tukey (1956) for seeds and examples. What is told of
trainings is made of these alone (pipeline/verdicts/).
"""

import numpy as np

from reference.arrays import chosen, count, dimensions, inside, number, positive, real, refuse
from reference.distance import norm
from reference.errors import DomainError, ShapeError
from reference.normal import ndtr
from reference.primitives import logsumexp
from reference.quadrature import gauss_legendre
from reference.theory.student import student_quantile

KINDS = ("mean", "difference", "equivalence", "equivalence of two")
HALVINGS = 1200  # to the smallest of numbers


def _share(name, p):
    return inside(name, number(name, p), 0, 1)


def _scaled(*arrays):
    """The arrays over a power of two, none above 1, and its exponent: no square overflows."""
    exponent = max(np.frexp(np.abs(a).max())[1] for a in arrays)
    return [np.ldexp(a, -exponent) for a in arrays], exponent


@np.errstate(all="ignore")
def contrast(columns, weights, error):
    """The interval of sum c_i m_i of the means of runs: Student's of one, Welch's of two.

    columns: of each run the numbers of its seeds, shape (n_i,), n_i at least 2. weights: c.
    error: of each end. Returns (estimate, low, high); a point where nothing varies.

    >>> [round(float(x), 6) for x in contrast([[1.0, 3.0]], [1.0], 0.25)]
    [2.0, 1.0, 3.0]
    """
    weights = dimensions("weights", real("weights", weights), 1)
    columns = [dimensions("columns", real("columns", x), 1) for x in columns]
    if len(columns) != len(weights) or min(map(len, columns)) < 2:
        raise ShapeError("columns must be one run of 2 seeds or more for each of weights")
    ((weights,), a), (columns, b) = _scaled(weights), _scaled(*columns)
    parts = [c * x for c, x in zip(weights, columns, strict=True)]
    errors, half = np.array([_mean_error(x) for x in parts]), 0.0
    error = _share("error", error)
    if total := norm(errors):
        freedom = 1 / ((errors / total) ** 4 / [len(x) - 1 for x in parts]).sum()
        half = student_quantile(error, freedom) * total
    estimate = np.sum([x.mean() for x in parts])
    return tuple(np.ldexp([estimate, estimate - half, estimate + half], a + b))


def _mean_error(x):
    """s / sqrt n, the standard error of a mean."""
    off = x - x[0]
    return norm(off - off.mean()) / np.sqrt(len(x) * (len(x) - 1))


def _log_binomial(n):
    """log (n choose j) for j = 0 ... n."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, n + 1)))])
    return logs[n] - logs - logs[::-1]


def _log_chances(n, p):
    """log P(X = j) for j = 0 ... n."""
    j = np.arange(n + 1)
    return _log_binomial(n) + j * np.log(p) + (n - j) * np.log1p(-p)


@np.errstate(all="ignore")
def binomial_tail(k, n, p):
    """P(X >= k) of n trials with probability p.

    k: in 0 ... n + 1. n: at most 10^6. p: strictly between 0 and 1. Returns one number.

    >>> float(binomial_tail(2, 2, 0.5).round(12))
    0.25
    """
    k, n, p = count("k", k, 0), count("n", n), _share("p", p)
    refuse("k", np.asarray(k), k > n + 1, f"at most {n + 1}")
    refuse("n", np.asarray(n), n > 10**6, "at most 10^6")
    logs = _log_chances(n, p)
    # The shorter side is summed: the other is 1 less it.
    if k > n * p:
        return np.exp(logsumexp(logs[k:])) if k <= n else np.float64(0.0)
    return -np.expm1(logsumexp(logs[:k])) if k else np.float64(1.0)


@np.errstate(all="ignore")
def clopper_pearson(successes, n, error):
    """The share k / n and the ends of its exact interval, by bisection of the binomial tail.

    low: P(X >= k; low) = error. high: P(X <= k; high) = error. error: of each end.

    >>> [round(float(x), 9) for x in clopper_pearson(0, 1, 0.025)]
    [0.0, 0.0, 0.975]
    """
    k, n, error = count("successes", successes, 0), count("n", n), _share("error", error)
    refuse("successes", np.asarray(k), k > n, f"at most {n}")
    low = _crossing(lambda p: not _exceeds(n, p, slice(k, None), slice(k), error)) if k else 0.0
    below, above = slice(k + 1), slice(k + 1, None)
    high = _crossing(lambda p: _exceeds(n, p, below, above, error)) if k < n else 1.0
    return np.float64(k / n), np.float64(low), np.float64(high)


def _exceeds(n, p, side, rest, error):
    """Whether P(X in side) > error, by logarithms of what is small: it or its rest."""
    logs = _log_chances(n, p)
    if error < 0.5:
        return logsumexp(logs[side]) > np.log(error)
    return logsumexp(logs[rest]) < np.log1p(-error)


def _crossing(below):
    """Where in (0, 1) a condition ends that holds to the left."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if below(middle) else (low, middle)
    return 0.5 * (low + high)


def median_interval(values, error):
    """The median and the ends of its interval, the k-th values from below and from above.

    k: the largest with P(Binomial(n, 1/2) < k) <= error. values: shape (n,).
    Returns (median, low, high); DomainError where n is too small for any k.

    >>> [float(x) for x in median_interval([1.0, 2.0, 4.0], 0.2)]
    [2.0, 1.0, 4.0]
    """
    x, error = np.sort(dimensions("values", real("values", values), 1)), _share("error", error)
    n = len(x)
    ranks = [k for k in range(1, n + 1) if binomial_tail(n - k + 1, n, 0.5) <= error]
    if not ranks or 2 * max(ranks) > n + 1:
        raise DomainError(f"values must be more for an interval of a median: {n} at {error}")
    k = max(ranks)
    return (x[(n - 1) // 2] + x[n // 2]) / 2, x[k - 1], x[n - k]


@np.errstate(all="ignore")
def power(n, effect, sd, level, kind):
    """The chance that an interval of n replicas, of each run, shows an effect.

    n: at least 2. effect: distance from the threshold, for equivalence the margin. sd: above 0.
    level: of the interval. kind: mean, difference, equivalence, or equivalence of two.
    Returns one number.

    >>> round(float(power(10, 0.0, 1.0, 0.95, "mean")), 9)
    0.025
    """
    n, effect, sd = count("n", n, 2), number("effect", effect), positive("sd", number("sd", sd))
    runs = 2 if chosen("kind", kind, KINDS) in ("difference", "equivalence of two") else 1
    v, error = runs * (n - 1), sd * np.sqrt(runs / n)
    t = student_quantile((1 - _share("level", level)) / 2, v)
    s, w = _deviations(v, effect / error / t)
    if kind in ("mean", "difference"):
        return w @ ndtr(effect / error - t * s)
    return w @ np.maximum(2 * ndtr(effect / error - t * s) - 1, 0)


def _deviations(v, kink):
    """Nodes and weights of s, where v s^2 is chi-squared of v: density like s^(v-1) e^(-v s^2/2).

    kink: where an interval outgrows its margin, so that no piece of the quadrature has it inside.
    """
    top = np.sqrt(max(v - 1, 0.0) / v)
    breaks = np.clip(top + np.arange(-60.0, 61.0) / np.sqrt(v) / 4, 0, None)
    kink = min(kink, breaks[-1]) if kink > 1e-99 else 0.0  # no piece of width 0
    breaks = np.append(breaks, [0.0, kink])
    s, w = gauss_legendre(np.unique(breaks), 32)
    logs = (v - 1) * np.log(s) - v * s**2 / 2 + np.log(w)
    return s, np.exp(logs - logsumexp(logs))


@np.errstate(all="ignore")
def new_mean(values, seeds, level):
    """Where the mean of new seeds lies: m -+ t_(n-1) s sqrt(1/n + 1/k), Hahn (1969).

    values: shape (n,), n at least 2. seeds: k. Returns (low, high).

    >>> [round(float(x), 6) for x in new_mean([1.0, 3.0], 2, 0.5)]
    [0.585786, 3.414214]
    """
    x = dimensions("values", real("values", values), 1)
    k, level = count("seeds", seeds), _share("level", level)
    if len(x) < 2:
        raise DomainError("values must be at least 2")
    (x,), exponent = _scaled(x)
    half = student_quantile((1 - level) / 2, len(x) - 1) * _mean_error(x) * np.sqrt(1 + len(x) / k)
    return tuple(np.ldexp([x.mean() - half, x.mean() + half], exponent))


@np.errstate(all="ignore")
def new_share(successes, n, seeds, level):
    """The shares of k new seeds that Fisher's exact test does not reject. Returns (low, high).

    successes: c of n. Given c + y among all n + k, the c are hypergeometric.

    >>> [float(x) for x in new_share(0, 2, 2, 0.5)]
    [0.0, 0.5]
    """
    c, n, k = count("successes", successes, 0), count("n", n), count("seeds", seeds)
    refuse("successes", np.asarray(c), c > n, f"at most {n}")
    error, kept = (1 - _share("level", level)) / 2, []
    for y in range(k + 1):
        among = np.arange(max(0, c + y - k), min(n, c + y) + 1)
        logs = _log_binomial(n)[among] + _log_binomial(k)[c + y - among]
        chance = np.exp(logs - logsumexp(logs))
        if chance[among <= c].sum() > error and chance[among >= c].sum() > error:
            kept.append(y)
    return np.float64(kept[0] / k), np.float64(kept[-1] / k)


@np.errstate(all="ignore")
def two_way(right, others=None):
    """The mean over seeds and examples, of two runs its difference; its variance and freedom.

    right, others: shape (R, E) and (S, E) on the same examples, R, S and E at least 2.
    Var = s_seed^2 / R + s_example^2 / E + s_rest^2 / (R E), by its mean squares; the larger of
    the first two where their sum less the rest falls short of it. Returns three numbers.

    >>> [float(x) for x in two_way([[0.0, 1.0], [0.0, 1.0]])]
    [0.5, 0.25, 1.0]
    """
    runs = [(1.0, dimensions("right", real("right", right), 2))]
    if others is not None:
        runs.append((-1.0, dimensions("others", real("others", others), 2)))
    if any(min(y.shape) < 2 for _, y in runs) or len({y.shape[1] for _, y in runs}) > 1:
        raise ShapeError("right and others must be of 2 seeds or more, on 2 or more examples")
    scaled, exponent = _scaled(*[y for _, y in runs])
    runs = [(c, y) for (c, _), y in zip(runs, scaled, strict=True)]
    images = scaled[0].shape[1]
    parts: dict = {"seeds": [], "images": [], "rest": []}
    for y in scaled:
        seeds, free = len(y), (len(y) - 1) * (images - 1)
        parts["seeds"].append((_mean_error(y.mean(1)) ** 2, seeds - 1))
        off = y - y[0, 0]  # exactly 0 where nothing varies
        apart = off - off.mean(1, keepdims=True) - off.mean(0) + off.mean()
        parts["rest"].append(((apart**2).sum() / free / y.size, free))
    by_example = sum(c * y.mean(0) for c, y in runs)
    parts["images"].append((_mean_error(by_example) ** 2, images - 1))
    of = {name: sum(v for v, _ in found) for name, found in parts.items()}
    variance = of["seeds"] + of["images"] - of["rest"]
    used = [p for found in parts.values() for p in found]
    for name in ("seeds", "images"):
        if of[name] > variance:
            variance, used = of[name], parts[name]
    below = sum(v**2 / f for v, f in used)
    freedom = np.float64(variance**2 / below if below else 1.0)
    return np.ldexp(by_example.mean(), exponent), np.ldexp(variance, 2 * exponent), freedom


def expected_best(values, n):
    """The mean of the largest of n values, over all sets of n of the K, by enumeration of ranks.

    values: shape (K,). n: in 1 ... K. Returns one number.

    >>> float(expected_best([1.0, 2.0, 3.0], 2).round(12))
    2.666666666667
    """
    x, n = np.sort(dimensions("values", real("values", values), 1)), count("n", n)
    refuse("n", np.asarray(n), n > len(x), f"at most {len(x)}")
    # P(the largest is the i-th) = C(i - 1, n - 1) / C(K, n)
    logs = np.array([_log_binomial(i - 1)[n - 1] for i in range(n, len(x) + 1)])
    return np.exp(logs - _log_binomial(len(x))[n]) @ x[n - 1 :]
