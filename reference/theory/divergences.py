"""Symmetric and other divergences between two distributions on K outcomes.

    JSD(p, q) = 1/2 KL(p || m) + 1/2 KL(q || m),    m = (p + q) / 2

Lin, "Divergence Measures Based on the Shannon Entropy" (1991). With d = (p - q)/(p + q) each
outcome contributes (p + q)/2 h(d), h the entropy deficit of a contrast. There is no division by m,
which underflows where p or q is the smallest subnormal number.
"""

import numpy as np

from reference.arrays import (
    along,
    broadcast,
    covariance,
    dimensions,
    non_negative,
    number,
    probabilities,
    real,
    refuse,
)
from reference.errors import ShapeError
from reference.primitives import (
    LOG_2,
    contrast_entropy,
    expm1mx,
    h_js,
    logaddexp,
    logsumexp,
    rel_term,
)


def _pair(p, q, axis, normalize):
    p = probabilities("p", p, axis, normalize)
    return along(axis, p=p, q=probabilities("q", q, axis, normalize))


@np.errstate(all="ignore")
def jensen_shannon_density(p, q):
    """1/2 [p log(p/m) + q log(q/m)] at each point, for densities that need not sum to 1.

    p, q: at least 0, shapes that broadcast.
    Returns their shape, in [0, (p + q) log(2) / 2].

    >>> float(jensen_shannon_density(2.0, 2.0)), float(jensen_shannon_density(0.0, 0.0))
    (0.0, 0.0)
    """
    p, q = broadcast(p=non_negative("p", p), q=non_negative("q", q))
    top = np.maximum(p, q)
    s = np.where(top > 0, p / top + q / top, 1.0)  # (p + q) / top, in [1, 2]
    least = np.where(top > 0, np.minimum(p, q) / top, 0.0)
    d = np.where(top > 0, (top - np.minimum(p, q)) / top / s, 0.0)
    near = h_js(np.minimum(d, 1.0))
    far = LOG_2 + contrast_entropy(np.minimum(least / s, 0.5))
    return np.where(top > 0, 0.5 * s * np.where(d < 0.75, near, far), 0.0) * top


def jsd(p, q, axis=-1, normalize=False):
    """Jensen-Shannon divergence of two probability vectors, in nats, in [0, log 2].

    p, q: shape (..., K) with K along `axis`, each summing to 1.
    Returns shape (...); the same to the last bit with p and q exchanged.

    >>> float(jsd([1.0, 0.0], [0.0, 1.0])) == float(np.log(2))
    True
    """
    p, q = _pair(p, q, axis, normalize)
    return jensen_shannon_density(p, q).sum(axis)


@np.errstate(all="ignore")
def jsd_log(lp, lq, w=None, axis=-1):
    """Jensen-Shannon divergence of two log densities by quadrature, in nats.

    lp, lq: log densities at the nodes, -inf where 0, shape (..., n) with n along `axis`.
    w: quadrature weights, shape (n,), 1 unless given.
    Returns shape (...). With d = tanh((lp - lq) / 2) there is no early under- or overflow.

    >>> float(jsd_log([0.0, -np.inf], [-np.inf, 0.0])) == float(np.log(2))
    True
    """
    lp, lq = along(axis, lp=real("lp", lp, True), lq=real("lq", lq, True))
    refuse("lp", lp, lp == np.inf, "below infinity")
    refuse("lq", lq, lq == np.inf, "below infinity")
    w = np.ones(lp.shape[axis]) if w is None else non_negative("w", w)
    if w.shape != (lp.shape[axis],):
        raise ShapeError(f"w {w.shape} must be {(lp.shape[axis],)}")
    gap = np.where(lp == lq, 0.0, lp - lq)
    e = np.exp(-np.abs(gap))
    near = h_js(np.tanh(0.5 * np.abs(gap)))
    far = LOG_2 + contrast_entropy(np.minimum(e / (1 + e), 0.5))
    share = np.where(np.abs(gap) < 1, near, far)
    mass = 0.5 * np.exp(logaddexp(lp, lq))
    return np.moveaxis(np.where((mass > 0) & (share > 0), mass * share, 0.0), axis, -1) @ w


def tv(p, q, axis=-1, normalize=False):
    """Total variation 1/2 sum |p - q|, the largest difference of any event, in [0, 1].

    p, q: shape (..., K), each summing to 1.
    Returns shape (...).

    >>> float(tv([1.0, 0.0], [0.25, 0.75]))
    0.75
    """
    p, q = _pair(p, q, axis, normalize)
    return 0.5 * np.abs(p - q).sum(axis)


@np.errstate(all="ignore")
def hellinger2(p, q, axis=-1, normalize=False):
    """Squared Hellinger distance 1/2 sum (sqrt p - sqrt q)^2 = 1 - sum sqrt(p q), in [0, 1].

    p, q: shape (..., K), each summing to 1.
    Returns shape (...).

    >>> float(hellinger2([1.0, 0.0], [0.0, 1.0]))
    1.0
    """
    p, q = _pair(p, q, axis, normalize)
    root = np.sqrt(p) + np.sqrt(q)
    # sqrt p - sqrt q = (p - q) / (sqrt p + sqrt q): the difference is taken before the root.
    return 0.5 * (np.where(root > 0, (p - q) / root, 0.0) ** 2).sum(axis)


@np.errstate(all="ignore")
def chi2_pearson(p, q, axis=-1, normalize=False):
    """Pearson's chi-square divergence sum (p - q)^2 / q; infinite where q = 0 < p.

    p, q: shape (..., K), each summing to 1.
    Returns shape (...).

    >>> float(chi2_pearson([1.0, 0.0], [0.5, 0.5]))
    1.0
    """
    p, q = _pair(p, q, axis, normalize)
    return _chi2(p, q).sum(axis)


def _chi2(p, q):
    return np.where(p == q, 0.0, np.abs(p - q) * (np.abs(p - q) / q))


@np.errstate(all="ignore")
def chi2_neyman(p, q, axis=-1, normalize=False):
    """Neyman's chi-square divergence sum (p - q)^2 / p: Pearson's with p and q exchanged.

    >>> float(chi2_neyman([0.5, 0.5], [1.0, 0.0]))
    1.0
    """
    p, q = _pair(p, q, axis, normalize)
    return _chi2(q, p).sum(axis)


@np.errstate(all="ignore")
def alpha_div(p, q, alpha, axis=-1, normalize=False):
    """Alpha divergence sum [p^a q^(1-a) - a p - (1-a) q] / (a (a - 1)).

    KL(p || q) at a = 1 and KL(q || p) at a = 0, their limits; never negative.
    p, q: shape (..., K), each summing to 1. alpha: a, one number.
    Returns shape (...). Amari, "Differential-Geometrical Methods in Statistics" (1985).

    >>> float(alpha_div([1.0, 0.0], [0.5, 0.5], 2.0))
    0.5
    """
    p, q = _pair(p, q, axis, normalize)
    a = float(number("alpha", alpha))
    if a == 1 or a == 0:
        return (rel_term(p, q) if a == 1 else rel_term(q, p)).sum(axis)
    if a > 0.5:  # the same with p and q exchanged, where a (a - 1) does not cancel near 1
        p, q, a = q, p, 1 - a
    both = (p > 0) & (q > 0)
    log_q = np.log(np.where(both, q, 1.0))
    u = np.where(both, np.log(np.where(both, p, 1.0)) - log_q, 0.0)
    near = np.abs(p - q) <= 0.5 * np.minimum(p, q)
    u = np.where(near & both, np.log1p((p - q) / q), u)
    # q [f(a u) / a - f(u)] with f(u) = e^u - 1 - u, or q (e^(a u) - 1) / a - (p - q), where a may
    # be so small that a u has few digits: (e^(a u) - 1) / (a u) then is 1
    slope = np.where(a * u == 0, 1.0, np.expm1(a * u) / (a * u))
    grown = np.where(a * u > 1, (np.exp(log_q + a * u) - q) / a, q * u * slope) - (p - q)
    small = (np.abs(u) < 1) & (np.abs(a * u) < 1)
    inside = np.where(small, q * (expm1mx(a * u) / a - expm1mx(u)), grown) / (a - 1)
    only_p, only_q = p / (1 - a), (q / a if a > 0 else np.where(q > 0, np.inf, 0.0))
    term = np.where(both, inside, np.where(p > 0, only_p, only_q))
    return np.maximum(term, 0).sum(axis)


@np.errstate(all="ignore")
def renyi(p, q, alpha, axis=-1, normalize=False):
    """Renyi divergence log( sum p^a q^(1-a) ) / (a - 1), a > 0; KL(p || q) at a = 1.

    p, q: shape (..., K), each summing to 1. alpha: a, one number.
    Returns shape (...), in nats; infinite for disjoint supports, and for a > 1 where q is 0 and p
    is not.

    >>> float(renyi([0.5, 0.5], [0.5, 0.5], 0.5))
    0.0
    """
    a = float(number("alpha", alpha))
    refuse("alpha", a, a <= 0, "above 0")
    if a == 1:
        return rel_term(*_pair(p, q, axis, normalize)).sum(axis)
    # sum p^a q^(1-a) = 1 + a (a - 1) times the alpha divergence, which is accurate for small
    # divergences; for large ones the sum itself is.
    excess = a * (a - 1) * alpha_div(p, q, a, axis, normalize)
    p, q = _pair(p, q, axis, normalize)
    shared = (p > 0) & (q > 0)
    logs = a * np.log(np.where(shared, p, 1.0)) + (1 - a) * np.log(np.where(shared, q, 1.0))
    overlap = logsumexp(np.where(shared, logs, -np.inf), axis)
    close = np.abs(excess) < 0.5
    found = np.where(close, np.log1p(np.where(close, excess, 0.0)), overlap) / (a - 1)
    outside = ((p > 0) & (q == 0)).any(axis)
    return np.where((a > 1) & outside, np.inf, found)[()]


def meanfield_gap(P):
    """The KL of the best factorised Gaussian: 1/2 [sum log P_ii - log det P].

    It is min over diagonal q of KL(q || N(0, P^-1)), attained at the variances 1 / P_ii.
    P: a precision matrix, shape (d, d), positive definite.
    Returns one number, at least 0, in nats. Bishop (2006), section 10.1.2.

    >>> float(meanfield_gap([[2.0, 0.0], [0.0, 5.0]]))
    0.0
    """
    P = covariance("P", dimensions("P", real("P", P), 2))
    # Of the correlations, as the gap does not depend on the units.
    units = np.sqrt(np.diag(P))
    factor = np.linalg.cholesky(P / units / units[:, None])
    # L_ii^2 = 1 - the squares to its left: the log of 1 minus little, or of L_ii.
    little = (np.tril(factor, -1) ** 2).sum(1)
    logs = np.where(little < 0.5, np.log1p(-np.minimum(little, 0.5)), 2 * np.log(np.diag(factor)))
    return 0.0 - 0.5 * logs.sum()
