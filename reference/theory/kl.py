"""The Kullback-Leibler divergence where it has a closed form.

    KL(p || q) = E_p[ log p - log q ]

Kullback & Leibler, "On Information and Sufficiency" (1951), equation 2.4. Each function is a
sum of terms that are never negative, so no result is below 0 by rounding.
"""

import numpy as np

from reference.arrays import (
    along,
    broadcast,
    covariance,
    dimensions,
    probabilities,
    real,
    within,
)
from reference.errors import DomainError, ShapeError
from reference.objectives.gaussian_kl import kl_to_standard_normal
from reference.primitives import (
    expm1mx,
    log_softmax,
    rel_term,
    sigmoid,
    softplus,
    xmlog1p,
)


def kl_diag_std(mu, log_variance, axis=-1):
    """KL( N(mu, exp(v)) || N(0, I) ) = 1/2 sum (mu^2 + e^v - 1 - v), in nats.

    mu, log_variance: means and v = log sigma^2, shape (..., d) with d along `axis`.
    Returns shape (...).

    >>> float(kl_diag_std([3.0, 4.0], [0.0, 0.0]))
    12.5
    """
    mu, v = along(axis, mu=real("mu", mu), log_variance=real("log_variance", log_variance))
    return kl_to_standard_normal(np.moveaxis(mu, axis, -1), np.moveaxis(v, axis, -1))


@np.errstate(all="ignore")
def kl_diag(mu1, lv1, mu2, lv2, axis=-1):
    """KL between diagonal Gaussians, 1/2 sum [e^(v1-v2) - 1 - (v1-v2) + (m1-m2)^2 e^-v2].

    mu1, lv1, mu2, lv2: means and log variances, shapes that broadcast to (..., d).
    Returns shape (...), in nats.

    >>> float(kl_diag([1.0], [0.0], [1.0], [0.0])), float(kl_diag([3.0], [0.0], [1.0], [0.0]))
    (0.0, 2.0)
    """
    mu1, lv1, mu2, lv2 = along(
        axis,
        mu1=real("mu1", mu1),
        lv1=real("lv1", lv1),
        mu2=real("mu2", mu2),
        lv2=real("lv2", lv2),
    )
    shift = np.where(mu1 == mu2, 0.0, (mu1 - mu2) * np.exp(-lv2 / 2))
    return 0.5 * (expm1mx(lv1 - lv2) + shift**2).sum(axis)


def _factor(name, matrix, chol):
    matrix = dimensions(name, real(name, matrix), 2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"{name} must be square: shape {matrix.shape}")
    if chol:
        return matrix
    matrix = covariance(name, matrix, singular=True)
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return None


@np.errstate(all="ignore")
def kl_mvn(mu1, S1, mu2, S2, chol=False):
    """KL between Gaussians, 1/2 [tr S2^-1 S1 + d' S2^-1 d - dim + log det S2 / det S1].

    With L1, L2 the Cholesky factors and s the singular values of L2^-1 L1 it is
    1/2 sum [s^2 - 1 - log s^2] + 1/2 |L2^-1 d|^2, whose every term is at least 0.

    mu1, mu2: means, shape (d,). S1, S2: covariances, shape (d, d).
    chol: S1 and S2 are lower Cholesky factors already.
    Returns one number; infinite for a singular S1; DomainError for a singular S2.

    >>> float(kl_mvn([3.0], [[1.0]], [1.0], [[1.0]]))
    2.0
    """
    mu1, mu2 = dimensions("mu1", real("mu1", mu1), 1), dimensions("mu2", real("mu2", mu2), 1)
    L1, L2 = _factor("S1", S1, chol), _factor("S2", S2, chol)
    if L2 is None:
        raise DomainError("S2 must be positive definite: it has no Cholesky factor")
    shape = np.shape(S1)
    if not mu1.shape == mu2.shape == shape[:1] == L2.shape[:1]:
        raise ShapeError(
            f"shapes do not fit: mu1 {mu1.shape}, S1 {shape}, mu2 {mu2.shape}, S2 {L2.shape}"
        )
    if L1 is None:
        return np.float64(np.inf)
    ratio = np.linalg.solve(L2, L1)
    s = np.linalg.svd(ratio, compute_uv=False)
    d = np.linalg.solve(L2, mu1 - mu2)
    spread = expm1mx(2 * np.log(s)).sum()
    if s[-1] < 1e-4 * s[0]:  # the least would be inaccurate; nothing cancels in so large a sum
        logs = np.log(np.abs(np.diag(L1))) - np.log(np.abs(np.diag(L2)))
        spread = (ratio**2).sum() - len(s) - 2 * logs.sum()
    return 0.5 * (spread + (d**2).sum())


def kl_categorical(p, q, axis=-1, normalize=False):
    """KL(p || q) = sum p log(p / q) between probability vectors, in nats.

    p, q: shape (..., K) with K along `axis`, each summing to 1.
    Returns shape (...); infinite where q is 0 and p is not.

    >>> float(kl_categorical([1.0, 0.0], [0.5, 0.5])) == float(np.log(2))
    True
    """
    p = probabilities("p", p, axis, normalize)
    p, q = along(axis, p=p, q=probabilities("q", q, axis, normalize))
    return rel_term(p, q).sum(axis)


@np.errstate(all="ignore")
def kl_categorical_logits(a, b, axis=-1):
    """KL( softmax(a) || softmax(b) ), in nats, from finite logits of shape (..., K).

    Returns shape (...), finite however small the probabilities are.

    >>> float(kl_categorical_logits([0.0, 0.0], [7.0, 7.0]))
    0.0
    """
    a, b = along(axis, a=real("a", a), b=real("b", b))
    log_p, log_q = log_softmax(a, axis), log_softmax(b, axis)
    # A constant in all logits cancels; subtracted first, it costs no precision.
    a, b = (logits - logits.max(axis, keepdims=True) for logits in (a, b))
    p, d = np.exp(log_p), b - a
    # With m = sum p d: KL = log sum p e^(d - m) = log(1 + sum p (e^(d-m) - 1 - (d-m))).
    d = d - (p * d).sum(axis, keepdims=True)
    excess = (p * expm1mx(d)).sum(axis)
    far = np.where(p > 0, p * (log_p - log_q), 0.0).sum(axis)
    return np.where(excess < 1, np.log1p(excess), far)[()]


@np.errstate(all="ignore")
def kl_bernoulli(p, q):
    """KL( Bern(p) || Bern(q) ) = p log(p/q) + (1-p) log((1-p)/(1-q)), in nats.

    p, q: in [0, 1], shapes that broadcast.
    Returns their shape; infinite where q excludes what p allows.

    >>> float(kl_bernoulli(0.5, 0.5)), float(kl_bernoulli(0.5, 1.0))
    (0.0, inf)
    """
    p, q = broadcast(p=within("p", p, 0, 1), q=within("q", q, 0, 1))
    gap = p - q
    near = np.abs(gap) <= 0.25 * np.minimum(np.minimum(p, q), np.minimum(1 - p, 1 - q))
    near = near & (p > 0) & (p < 1)
    # Near p = q: in terms of log(1 + .), which keep the precision of the difference p - q.
    up, down = np.where(near, -gap / p, 0.0), np.where(near, gap / (1 - p), 0.0)
    close = p * xmlog1p(up) + (1 - p) * xmlog1p(down)
    apart = rel_term(p, q) + rel_term(1 - p, 1 - q)
    return np.where(near, close, apart)[()]


@np.errstate(all="ignore")
def kl_bernoulli_logits(a, b):
    """KL( Bern(s(a)) || Bern(s(b)) ), in nats, from logits; infinite logits are certain outcomes.

    a, b: logits, shapes that broadcast.
    Returns their shape. The direct s(a)(a - b) - log(1+e^a) + log(1+e^b) can round below 0.

    >>> float(kl_bernoulli_logits(np.inf, 0.0)) == float(np.log(2))
    True
    """
    a, b = broadcast(a=real("a", a, True), b=real("b", b, True))
    sign = np.where(a > 0, -1.0, 1.0)
    a, b = a * sign, b * sign  # now a <= 0: outcome 1 is the rarer one
    s = sigmoid(a)
    d = np.where(a == b, 0.0, b - a)
    near = np.abs(d) < 1
    step = np.where(near, d, 0.0)
    small = s * expm1mx(step) - xmlog1p(s * np.expm1(step))
    finite = np.where(d < 0, np.log1p(s * np.expm1(np.minimum(d, 0))), softplus(b) - softplus(a))
    far = np.where(b == np.inf, np.inf, finite - np.where(s == 0, 0.0, s * d))
    return np.maximum(np.where(near, small, far), 0)[()]
