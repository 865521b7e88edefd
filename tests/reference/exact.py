"""Definitions in 400 digits, where the textbook form may cancel and still be right."""

from fractions import Fraction

import mpmath as mp
import numpy as np

from tests.reference.trees import leaves, mapped


def _digits(f):
    def value(*arguments):
        with mp.workdps(400):
            return float(f(*(mp.mpf(float(a)) for a in arguments)))

    return value


def entrywise(f):
    """A definition of numbers as a function of arrays."""
    exact = _digits(f)
    return lambda *arrays: np.asarray(np.frompyfunc(exact, len(arrays), 1)(*arrays), float)


def summed(f):
    """A definition of numbers, summed over the last axis in 400 digits."""

    def value(*arrays):
        arrays = np.broadcast_arrays(*arrays)
        rows = [a.reshape(-1, a.shape[-1]) for a in arrays]
        with mp.workdps(400):
            totals = [
                float(
                    mp.fsum(
                        f(*(mp.mpf(float(v)) for v in entry)) for entry in zip(*row, strict=True)
                    )
                )
                for row in zip(*rows, strict=True)
            ]
        return np.reshape(totals, arrays[0].shape[:-1])

    return value


def _relative(p, q):
    """p log(p / q) - p + q."""
    if p == 0:
        return q
    return mp.inf if q == 0 else p * mp.log(p / q) - p + q


def _entropy_term(p, q):
    if p == 0:
        return mp.mpf(0)
    return mp.inf if q == 0 else p * mp.log(p / q)


def _middle(p, q):
    m = (p + q) / 2
    return (_entropy_term(p, m) + _entropy_term(q, m)) / 2


def _logistic(a):
    return 1 / (1 + mp.exp(-a))


def _bernoulli(p, q):
    return _entropy_term(p, q) + _entropy_term(1 - p, 1 - q)


def _gaussian(m1, v1, m2, v2):
    return (mp.exp(v1 - v2) - 1 - (v1 - v2) + (m1 - m2) ** 2 * mp.exp(-v2)) / 2


softplus = entrywise(lambda x: mp.log(1 + mp.exp(x)) if x > -800 else mp.exp(x))
sigmoid = entrywise(_logistic)
log1mexp = entrywise(lambda x: mp.log(1 - mp.exp(x)) if x > -800 else -mp.exp(x))
expm1mx = entrywise(lambda x: mp.exp(x) - 1 - x)
xmlog1p = entrywise(lambda x: x - mp.log(1 + x))
rel_term = entrywise(_relative)
h_js = entrywise(lambda d: _middle(1 + d, 1 - d))
logit = entrywise(lambda p: mp.log(p) - mp.log(1 - p) if 0 < p < 1 else (2 * p - 1) * mp.inf)
log_ndtr = entrywise(lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2))
kl_bernoulli = entrywise(_bernoulli)
kl_bernoulli_logits = entrywise(  # 400 digits have e^-900, and not e^-1000
    lambda a, b: _bernoulli(_logistic(a), _logistic(b)) if max(abs(a), abs(b)) < 900 else mp.nan
)
kl_categorical = summed(_relative)
kl_diag = summed(_gaussian)
kl_diag_std = summed(lambda m, v: _gaussian(m, v, mp.mpf(0), mp.mpf(0)))
jsd = summed(_middle)
hellinger2 = summed(lambda p, q: (mp.sqrt(p) - mp.sqrt(q)) ** 2 / 2)
gaussian_loglik = entrywise(
    lambda x, m, v: -(mp.log(2 * mp.pi) + v + (x - m) ** 2 * mp.exp(-v)) / 2
)
continuous_bernoulli_logC = entrywise(lambda a: mp.log(a / mp.tanh(a / 2)) if a else mp.log(2))


def jsd_log(lp, lq):
    """JSD of the masses e^lp and e^lq."""
    return summed(lambda a, b: _middle(mp.exp(a), mp.exp(b)))(lp, lq)


def kl_categorical_logits(a, b):
    """KL of two softmaxes."""
    with mp.workdps(400):
        p, q = ([mp.exp(mp.mpf(float(v))) for v in logits] for logits in (a, b))
        p, q = ([v / mp.fsum(r) for v in r] for r in (p, q))
        return float(mp.fsum(_entropy_term(x, y) for x, y in zip(p, q, strict=True)))


def chi2(p, q):
    """sum (p - q)^2 / q in fractions."""
    pairs = [(Fraction(a), Fraction(b)) for a, b in zip(p.tolist(), q.tolist(), strict=True)]
    if any(b == 0 and a > 0 for a, b in pairs):
        return float("inf")
    total = sum(((a - b) ** 2 / b for a, b in pairs if b > 0), Fraction(0))
    return float(total) if total < Fraction(1.7e308) else float("inf")


def optimal_discriminator(p, q):
    """p / (p + q) in fractions."""

    def share(a, b):
        a, b = Fraction(float(a)), Fraction(float(b))
        return float(a / (a + b)) if a + b else np.nan

    return np.vectorize(share, otypes=[float])(p, q)


def power_sum(p, q, a):
    """sum p^a q^(1-a) or infinity, where an entry of 0 is 0 to any power above 0."""
    total, a = mp.mpf(0), mp.mpf(float(a))
    for x, y in zip(p.tolist(), q.tolist(), strict=True):
        if (x == 0 and y > 0 and a < 0) or (y == 0 and x > 0 and a > 1):
            return mp.inf
        if x > 0 and y > 0:
            total += mp.mpf(x) ** a * mp.mpf(y) ** (1 - a)
    return total


def alpha_div(p, q, a):
    """(sum p^a q^(1-a) - a sum p - (1 - a) sum q) / (a (a - 1)) in 700 digits."""
    with mp.workdps(700):
        sums = [mp.fsum(mp.mpf(v) for v in r.tolist()) for r in (p, q)]
        exact = mp.mpf(float(a))
        rest = exact * sums[0] + (1 - exact) * sums[1]
        return float((power_sum(p, q, a) - rest) / (exact * (exact - 1)))


def renyi(p, q, a):
    """log of the power sum over a - 1, in 120 digits."""
    with mp.workdps(700):
        total = power_sum(p, q, a)
        return float(mp.log(total) / (mp.mpf(float(a)) - 1)) if total > 0 else np.inf


def ufunc(f, n=1):
    """A function of numbers, entry by entry of arrays of numbers in many digits."""
    return np.frompyfunc(f, n, 1)


exp, log, sqrt, tanh, erfc = (ufunc(f) for f in (mp.exp, mp.log, mp.sqrt, mp.tanh, mp.erfc))
sin, cos = ufunc(mp.sin), ufunc(mp.cos)


def _lifted(value):
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return value
        lifted = np.empty(value.shape, object)
        if value.size:
            lifted[...] = np.vectorize(mp.mpf, otypes=[object])(value)
        return lifted
    if isinstance(value, float | np.floating):
        return mp.mpf(float(value))
    if isinstance(value, dict):
        return {k: _lifted(v) for k, v in value.items()}
    return type(value)(map(_lifted, value)) if isinstance(value, tuple | list) else value


def _number(x):
    try:
        return float(x)
    except (TypeError, OverflowError):
        return np.nan


def _lowered(value):
    if isinstance(value, tuple | list):
        return tuple(map(_lowered, value))
    value = np.asarray(value)
    if value.dtype != object:
        return value
    return np.vectorize(_number, otypes=[float])(value) if value.size else value.astype(float)


def precise(f, digits=60):
    """A definition, written for arrays, computed in so many digits and then rounded."""

    def value(*arguments):
        with mp.workdps(digits):
            return _lowered(f(*map(_lifted, arguments)))

    return value


def softmax(a):
    """e^a / sum e^a along the last axis."""
    e = exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def squares(x, y):
    """|x_i - y_j|^2, shape (n, m)."""
    x, y = (a[:, None] if a.ndim == 1 else a for a in (x, y))
    return ((x[:, None] - y[None]) ** 2).sum(-1)


def inverse(matrix):
    return np.array((mp.matrix(matrix.tolist()) ** -1).tolist(), object)


def eigenvalues(matrix):
    """Of a symmetric matrix, increasing."""
    return np.array(sorted(mp.eigsy(mp.matrix(matrix.tolist()), eigvals_only=True)), object)


def xlogx(x, y=None):
    """x log y (y = x unless given) with 0 log 0 = 0."""
    y = x if y is None else y
    return ufunc(lambda a, b: a * mp.log(b) if a else mp.mpf(0), 2)(x, y)


def cdf(x):
    """The normal distribution function."""
    return erfc(np.clip(-x / mp.sqrt(2), -(10**6), 10**6)) / 2


def slopes(f, arguments, places, least="1e-30"):
    """Derivatives of a number f(*arguments) in the arrays at `places` of the tree of arguments.

    Central differences with steps of 1e-25 of each entry, or of `least` where that is more.
    """
    found = []
    for place in places:
        (array,) = [np.asarray(a) for p, a in leaves(arguments) if p == place]
        slope = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            step = mp.mpf("1e-25") * max(abs(array[index]), mp.mpf(least))
            ends = [f(*_moved(arguments, place, index, s * step)) for s in (1, -1)]
            slope[index] = (ends[0] - ends[1]) / (2 * step)
        found.append(slope)
    return tuple(found)


def _moved(arguments, place, index, step):
    def moved(at, leaf):
        if at != place:
            return leaf
        leaf = np.array(leaf, object)
        leaf[index] += step
        return leaf if leaf.ndim else leaf[()]

    return mapped(arguments, moved)


def gradient(f, *places, digits=1300):
    """The derivatives of a definition, summed over its values, in some of its arguments."""

    def value(*arguments):
        return slopes(lambda *a: np.sum(f(*a)), arguments, [(p,) for p in places])

    return precise(value, digits)
