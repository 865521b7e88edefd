"""The scalar functions that everything else is built from.

Each is a textbook function in its numerically accurate form: e^x - 1 - x near 0 is a series,
log(1 - e^x) changes form at -log 2, and a difference of logarithms of nearly equal numbers is the
logarithm of 1 plus a small number. Infinite arguments give the limits.
"""

import numpy as np

from reference.arrays import broadcast, event, non_negative, real, refuse

LOG_2 = np.log(2.0)


@np.errstate(all="ignore")
def softplus(x):
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), elementwise.

    >>> float(softplus(0.0)) == float(np.log(2))
    True
    """
    x = real("x", x, infinite=True)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def log_sigmoid(x):
    """log s(x) = -log(1 + e^-x), elementwise.

    >>> float(log_sigmoid(-1000.0))
    -1000.0
    """
    return -softplus(-real("x", x, infinite=True))


@np.errstate(all="ignore")
def sigmoid(x):
    """s(x) = 1 / (1 + e^-x), elementwise, exact to 2 ulp in both tails.

    >>> float(sigmoid(0.0))
    0.5
    """
    x = real("x", x, infinite=True)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))[()]


@np.errstate(all="ignore")
def logit(p):
    """log p - log(1 - p), the inverse of the sigmoid; -inf at 0 and inf at 1.

    >>> float(logit(0.5))
    0.0
    """
    p = real("p", p)
    refuse("p", p, (p < 0) | (p > 1), "in [0, 1]")
    near = np.abs(p - 0.5) < 0.25  # where 2 p - 1 is exact
    return np.where(near, 2 * np.arctanh(2 * p - 1), np.log(p) - np.log1p(-p))[()]


@np.errstate(all="ignore")
def log1mexp(x):
    """log(1 - e^x) for x <= 0; -inf at 0. Maechler, "log(1 - exp(-|a|))" (2012).

    >>> bool(np.isclose(log1mexp(np.log(0.25)), np.log(0.75)))
    True
    """
    x = real("x", x, infinite=True)
    refuse("x", x, x > 0, "at most 0")
    return np.where(x > -LOG_2, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))[()]


@np.errstate(all="ignore")
def expm1mx(x):
    """e^x - 1 - x >= 0, elementwise: x^2/2 (1 + x/3 (1 + x/4 (...))) for |x| < 1/2.

    >>> f"{expm1mx(1e-8):.9e}"
    '5.000000017e-17'
    """
    x = real("x", x, infinite=True)
    near = np.abs(x) < 0.5
    small = np.where(near, x, 0.0)
    series = np.ones_like(small)
    for k in range(20, 2, -1):
        series = 1 + small / k * series
    far = np.where(x == np.inf, np.inf, np.expm1(x) - x)
    return np.where(near, 0.5 * small * small * series, far)[()]


@np.errstate(all="ignore")
def xmlog1p(x):
    """x - log(1 + x) >= 0 for x > -1, elementwise; infinite at -1 and at infinity.

    >>> float(xmlog1p(0.0)), float(xmlog1p(-1.0))
    (0.0, inf)
    """
    x = real("x", x, infinite=True)
    refuse("x", x, x < -1, "at least -1")
    near = np.abs(x) < 0.1
    small = np.where(near, x, 0.0)
    series = np.zeros_like(small)
    for k in range(18, 1, -1):  # 1/2 - x/3 + x^2/4 - ...
        series = 1.0 / k - small * series
    far = np.where(x == np.inf, np.inf, x - np.log1p(np.where(near, 0.0, x)))
    return np.where(near, small * small * series, far)[()]


@np.errstate(all="ignore")
def xlogy(x, y):
    """x log y with 0 log y = 0, even at y = 0, elementwise for x, y >= 0.

    >>> float(xlogy(0.0, 0.0))
    0.0
    """
    x, y = broadcast(x=non_negative("x", x, True), y=non_negative("y", y, True))
    refuse("x", x, (x == np.inf) & (y == 1), "finite where y is 1")
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))[()]


@np.errstate(all="ignore")
def rel_term(p, q):
    """p log(p / q) - p + q >= 0, elementwise: one outcome's contribution to KL(p || q).

    At p = 0 it is q; at q = 0 < p it is infinite. With p near q it is p (e^u - 1 - u) at
    u = -log(p / q), so that nothing cancels.

    >>> float(rel_term(0.25, 0.25)), float(rel_term(0.0, 0.5)), float(rel_term(0.5, 0.0))
    (0.0, 0.5, inf)
    """
    p, q = broadcast(p=non_negative("p", p), q=non_negative("q", q))
    ratio = p / q
    plain = (ratio > 1e-290) & (ratio < 1e290) & (p > 1e-300) & (q > 1e-300)
    log_ratio = np.where(plain, np.log(np.where(plain, ratio, 1.0)), np.log(p) - np.log(q))
    near = np.abs(p - q) <= 0.5 * np.minimum(p, q)
    log_ratio = np.where(near & (q > 0), np.log1p((p - q) / q), log_ratio)
    u = np.where(near & (q > 0), -log_ratio, 0.0)
    term = np.where(near, p * expm1mx(u), p * log_ratio - p + q)
    term = np.where(p == 0, q, np.where(q == 0, np.inf, term))
    return np.maximum(term, 0)[()]  # the far form may round below 0 by one ulp of q


@np.errstate(all="ignore")
def log_share(p, q):
    """log( p / (p + q) ), elementwise for p, q >= 0; -inf where p is 0.

    >>> float(log_share(1.0, 1e-300)), float(log_share(0.0, 0.5))
    (-1e-300, -inf)
    """
    p, q = broadcast(p=non_negative("p", p), q=non_negative("q", q))
    ratio = q / np.where(p > 0, p, 1.0)
    # q / p may overflow though both are numbers: then log q - log p is log(1 + q / p).
    found = np.where(np.isfinite(ratio), -np.log1p(ratio), np.log(p) - np.log(q))
    return np.where(p > 0, found, -np.inf)[()]


@np.errstate(all="ignore")
def h_js(delta):
    """1/2 [(1 + d) log(1 + d) + (1 - d) log(1 - d)], the Jensen-Shannon cost of contrast d.

    d = (p - q) / (p + q) in [-1, 1]; 0 at d = 0 and log 2 at d = +-1.

    >>> float(h_js(0.0)), float(h_js(-1.0)) == float(np.log(2))
    (0.0, True)
    """
    d = np.abs(real("delta", delta))
    refuse("delta", d, d > 1, "in [-1, 1]")
    near = np.where(d < 0.5, d, 0.0)
    far = LOG_2 + contrast_entropy((1 - d) / 2)
    middle = np.clip(d, 0.25, 0.75)
    mid = 0.5 * ((1 + middle) * np.log1p(middle) + (1 - middle) * np.log1p(-middle))
    series = 0.5 * np.log1p(-near * near) + near * np.arctanh(near)
    return np.where(d < 0.5, series, np.where(d < 0.75, mid, far))[()]


@np.errstate(all="ignore")
def contrast_entropy(a):
    """a log a + (1 - a) log(1 - a) for a in [0, 1/2], exact where a is tiny.

    >>> float(contrast_entropy(0.0))
    0.0
    """
    a = real("a", a)
    refuse("a", a, (a < 0) | (a > 0.5), "in [0, 1/2]")
    return np.where(a > 0, a * np.log(np.where(a > 0, a, 1.0)), 0.0) + (1 - a) * np.log1p(-a)


@np.errstate(all="ignore")
def logsumexp(a, axis=-1):
    """log sum exp along an axis; all entries -inf give -inf, one +inf gives +inf.

    >>> float(logsumexp([-1000.0, -1000.0])) == -1000 + float(np.log(2))
    True
    """
    a = event("a", real("a", a, infinite=True), axis)
    top = a.max(axis, keepdims=True)
    shift = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.exp(a - shift).sum(axis, keepdims=True)) + shift
    return np.where(np.isinf(top), top, total).squeeze(axis)[()]


def logmeanexp(a, axis=-1):
    """log of the mean of exp along an axis.

    >>> float(logmeanexp([3.0, 3.0, 3.0]))
    3.0
    """
    a = event("a", real("a", a, infinite=True), axis)
    return logsumexp(a, axis) - np.log(a.shape[axis])


@np.errstate(all="ignore")
def logaddexp(a, b):
    """log(e^a + e^b), elementwise.

    >>> float(logaddexp(-np.inf, 2.0))
    2.0
    """
    a, b = broadcast(a=real("a", a, True), b=real("b", b, True))
    return np.logaddexp(a, b)


@np.errstate(all="ignore")
def log_softmax(a, axis=-1):
    """a - log sum exp a: the log probabilities of a softmax; finite logits only.

    >>> log_softmax([0.0, 0.0]).tolist() == [-float(np.log(2))] * 2
    True
    """
    a = event("a", real("a", a), axis)
    shifted = a - a.max(axis, keepdims=True)
    # The largest entry is left out of the sum: log1p is accurate when it dominates.
    others = np.exp(shifted)
    np.put_along_axis(others, shifted.argmax(axis, keepdims=True), 0.0, axis)
    return shifted - np.log1p(others.sum(axis, keepdims=True))
