"""Mixtures of Gaussians with equal isotropic covariances: density, score, and KL bounds.

    p(x) = sum_k w_k N(x; m_k, s^2 I),    grad log p(x) = (sum_k r_k(x) m_k - x) / s^2

with r_k the responsibility of component k for x. Vincent, "A Connection Between Score Matching and
Denoising Autoencoders" (2011), for the score; Hershey & Olsen (2007) for the KL bounds.
"""

import numpy as np

from reference.arrays import (
    dimensions,
    equal_shapes,
    number,
    positive,
    probabilities,
    real,
    refuse,
    samples,
)
from reference.distance import distances, norm
from reference.errors import DomainError, ShapeError
from reference.normal import ndtr
from reference.primitives import expm1mx, logsumexp
from reference.quadrature import gauss_legendre, gaussian_breaks, graded
from reference.theory.kl import kl_diag


@np.errstate(all="ignore")
def _log_parts(x, means, scale, weights):
    """log w_k N(x; m_k, s^2 I), shape (n, K)."""
    x, means = samples("x", x), samples("means", means)
    scale = positive("scale", number("scale", scale))
    if x.shape[1] != means.shape[1]:
        raise ShapeError(f"x {x.shape} and means {means.shape} differ in their last axis")
    k, d = means.shape
    weights = np.full(k, 1 / k) if weights is None else probabilities("weights", weights)
    if weights.shape != (k,):
        raise ShapeError(f"weights {weights.shape} must be {(k,)}")
    square = (((x[:, None, :] - means) / scale) ** 2).sum(-1)
    peak = np.log(weights) - d * (np.log(scale) + 0.5 * np.log(2 * np.pi))
    return x, means, scale, peak - 0.5 * square


def _scaled(a):
    """a / 2^e and e, with all along the last axis at most 1."""
    exponent = np.frexp(np.abs(a).max(-1))[1]
    return np.ldexp(a, -exponent[..., None]), exponent


@np.errstate(all="ignore")
def _log_shares(x, means, scale, weights):
    """log r_k(x), from log w_k - (|x - m_k|^2 - |x - m|^2) / 2 s^2 with m the nearest mean.

    The difference of the squares is 2 (m_k - m)'(x - (m_k + m) / 2), which is accurate where
    they overflow or nearly cancel, far from all modes.
    """
    apart = distances(x, means, ("x", "means"))
    x, means, scale, _ = _log_parts(x, means, scale, weights)
    near = means[apart.argmin(1)][:, None, :]
    middle = means / 2 + near / 2  # first, as x is nothing beside means that cancel
    # By powers of two apart, as parts of either sign may overflow.
    (lead, one), (point, two) = map(_scaled, (means - near, x[:, None, :] - middle))
    (width,), three = _scaled(np.array([scale]))
    rise = np.ldexp((lead * point).sum(-1) / width**2, one + two - 2 * three)
    peak = 0.0 if weights is None else np.log(real("weights", weights))
    return x, means, scale, rise + peak - logsumexp(rise + peak)[:, None]


def mixture_log_density(x, means, scale, weights=None):
    """log p(x), in nats.

    x: shape (n, d). means: m_k, shape (K, d). scale: s. weights: w_k, equal unless given.
    Returns shape (n,).

    >>> round(float(mixture_log_density([[0.0]], [[0.0], [0.0]], 1.0)[0]), 6)
    -0.918939
    """
    return logsumexp(_log_parts(x, means, scale, weights)[3])


@np.errstate(all="ignore")
def mixture_shares(x, means, scale, weights=None):
    """r_k(x), the posterior probability of component k.

    Arguments as above. Returns shape (n, K), rows summing to 1.

    >>> mixture_shares([[0.0]], [[1.0], [-1.0]], 1.0).round(12).tolist()
    [[0.5, 0.5]]
    """
    return np.exp(_log_shares(x, means, scale, weights)[3])


@np.errstate(all="ignore")
def mixture_score(x, means, scale, weights=None):
    """The score, grad log p(x).

    Arguments as above. Returns shape (n, d).

    >>> mixture_score([[3.0]], [[1.0]], 1.0).tolist()
    [[-2.0]]
    """
    x, means, scale, logs = _log_shares(x, means, scale, weights)
    # sum r (m - x), not sum r m - x: the former is accurate far from the modes.
    return (np.exp(logs)[:, :, None] * (means - x[:, None, :])).sum(1) / scale / scale


@np.errstate(all="ignore")
def conditional_mean_mixture(y, means, scale, noise, weights=None):
    """E[x | y] for y = x + noise: the optimal estimate under squared error, which is blurred.

    y: shape (n, d). means, scale, weights: of x. noise: standard deviation of the noise.
    Returns shape (n, d); between two modes it is neither of them.

    >>> conditional_mean_mixture([[0.0]], [[1.0], [-1.0]], 0.1, 1.0).tolist()
    [[0.0]]
    """
    scale, noise = (
        positive("scale", number("scale", scale)),
        positive("noise", number("noise", noise)),
    )
    wide, y = np.hypot(scale, noise), samples("y", y)
    if y.shape[1] != samples("means", means).shape[1]:
        raise ShapeError(f"y {y.shape} and means {np.shape(means)} differ in their last axis")
    # Of each component the mean of m_k and y, weighted by the other's variance.
    shares = mixture_shares(y, means, wide, weights)
    return (noise / wide) ** 2 * (shares @ samples("means", means)) + (scale / wide) ** 2 * y


@np.errstate(all="ignore")
def _to_mixture(z, mus, log_variances, weights):
    square = (z[..., None] - mus) ** 2 * np.exp(-log_variances)
    return logsumexp(np.log(weights) - 0.5 * (np.log(2 * np.pi) + log_variances + square))


def _components(mus, log_variances, weights):
    mus, v = np.atleast_1d(real("mus", mus)), np.atleast_1d(real("log_variances", log_variances))
    mus, v = equal_shapes(mus=dimensions("mus", mus, 1), log_variances=v)
    if weights is None:
        weights = np.full(len(mus), 1 / len(mus))
    weights = probabilities("weights", weights)
    if weights.shape != mus.shape:
        raise ShapeError(f"weights {weights.shape} and mus {mus.shape} differ in shape")
    return mus, v, weights


def _moderate(lv, v):
    for name, value in (("log_variance", lv), ("log_variances", v)):
        refuse(name, value, np.abs(value) > 1300, "in [-1300, 1300]")


@np.errstate(all="ignore")
def kl_to_mixture_quad(mu, log_variance, mus, log_variances, weights=None, nodes=64):
    """KL of a Gaussian on the line from a mixture, by Gauss-Legendre quadrature, in nats.

    mu, log_variance: of q. mus, log_variances, weights: of the K components, shape (K,).
    nodes: in each of the intervals between the breakpoints of all the Gaussians.
    Returns one number, at least 0. There is no closed form.

    >>> round(float(kl_to_mixture_quad(2.0, 0.0, [0.0], [0.0])), 12)
    2.0
    """
    mus, v, weights = _components(mus, log_variances, weights)
    mu, lv = number("mu", mu), number("log_variance", log_variance)
    _moderate(lv, v)
    scale = np.exp(lv / 2)
    refuse(
        "mu", mu, np.nextafter(np.abs(mu), np.inf) - np.abs(mu) > scale / 64, "below 2^46 sigma"
    )
    ends = mu - 38 * scale, mu + 38 * scale
    inner = [
        *gaussian_breaks([mu, *mus], np.exp(0.5 * np.array([lv, *v]))),
        *_changes(mus, v, weights, ends),
    ]
    breaks = np.unique([*ends, *(b for b in inner if ends[0] < b < ends[1])])
    x, w = gauss_legendre(breaks, nodes)
    log_q = -0.5 * (np.log(2 * np.pi) + lv + ((x - mu) / scale) ** 2)
    u = _to_mixture(x, mus, v, weights) - log_q
    # q (e^u - 1 - u) = p - q - q u is at least 0, and so is the integral of p - q beyond the ends,
    # where q has no mass.
    q, near = np.exp(log_q), np.abs(u) < 0.5
    with np.errstate(all="ignore"):
        far = np.exp(u + log_q) - q - q * u
    inside = np.where(near, q * expm1mx(np.where(near, u, 0.0)), np.maximum(far, 0))
    s = np.exp(v / 2)
    beyond = weights @ (ndtr((ends[0] - mus) / s) + ndtr((mus - ends[1]) / s))
    return (w * inside).sum() + np.maximum(beyond - 2 * ndtr(-38.0), 0)


@np.errstate(all="ignore")
def _changes(mus, v, weights, ends):
    """Breakpoints around the points where the largest component changes.

    log p is smooth on both sides, and changes as fast as the two responsibilities do: it has
    singularities at the distance pi / gradient from the real line. Intervals that grow by a factor
    of eight from there keep the singularities at a fixed fraction of their length.
    """
    kept = weights > 0
    mus, v, logs = mus[kept], v[kept], np.log(weights[kept]) - 0.5 * v[kept]
    i, j = np.triu_indices(len(mus), 1)
    # log( w_i N_i / w_j N_j ) = c - b x + a x^2 / 2 around the middle of the two means.
    centre = (mus[i] + mus[j]) / 2
    ti, tj, mi, mj = np.exp(-v[i]), np.exp(-v[j]), mus[i] - centre, mus[j] - centre
    a, b = tj - ti, tj * mj - ti * mi
    c = logs[i] - logs[j] + 0.5 * (tj * mj**2 - ti * mi**2)
    root = b + np.copysign(np.sqrt(np.maximum(b * b - 2 * a * c, 0)), b)
    at = np.concatenate([centre + x for x in (2 * c / root, root / a, b / a)])
    rise, bend = np.abs(np.tile(a, 3) * (at - np.tile(centre, 3)) - np.tile(b, 3)), np.tile(a, 3)
    inside = np.isfinite(at) & (at > ends[0]) & (at < ends[1])
    at, width = at[inside], 2 / (rise + np.sqrt(rise**2 + 2 * np.abs(bend)))[inside]
    parts = logs - 0.5 * (at[:, None] - mus) ** 2 * np.exp(-v)
    pair = np.stack([np.tile(i, 3), np.tile(j, 3)], 1)[inside]
    least = np.take_along_axis(parts, pair, 1).min(1)
    seen = (least > parts.max(1, initial=-np.inf) - 40) & (width > 0) & np.isfinite(width)
    return graded(at[seen], width[seen], ends[1] - ends[0])


@np.errstate(all="ignore")
def kl_to_mixture_mc(mu, log_variance, mus, log_variances, eps, weights=None):
    """The same KL estimated from draws: (estimate, standard error), in nats; unbiased.

    eps: standard normal draws, shape (n,); other arguments as above.

    >>> float(kl_to_mixture_mc(0.0, 0.0, [0.0], [0.0], [1.0, -2.0])[0])
    0.0
    """
    mus, v, weights = _components(mus, log_variances, weights)
    mu, lv, eps = number("mu", mu), number("log_variance", log_variance), real("eps", eps)
    _moderate(lv, v)
    eps = dimensions("eps", eps, 1)
    if len(eps) < 2:
        raise DomainError("eps must hold at least 2 draws")
    log_q = -0.5 * (np.log(2 * np.pi) + lv + eps**2)
    draws = log_q - _to_mixture(mu + np.exp(lv / 2) * eps, mus, v, weights)
    if not np.isfinite(draws).all():
        raise DomainError(
            "eps, mu and mus must be such that the log densities of the draws are numbers"
        )
    apart = draws - draws[0]
    return draws.mean(), norm(apart - apart.mean()) / np.sqrt(draws.size * (draws.size - 1))


def kl_to_mixture_upper(mu, log_variance, mus, log_variances, weights=None):
    """An upper bound: -log sum_k w_k exp(-KL(q || q_k)), tight for one component, in nats.

    Arguments as kl_to_mixture_quad. Returns one number.

    >>> float(kl_to_mixture_upper(2.0, 0.0, [0.0], [0.0]))
    2.0
    """
    mus, v, weights = _components(mus, log_variances, weights)
    mu, lv = number("mu", mu), number("log_variance", log_variance)
    parts = kl_diag([[mu]], [[lv]], mus[:, None], v[:, None])
    with np.errstate(all="ignore"):
        return 0.0 - logsumexp(np.log(weights) - parts)


def mixture_posterior_logits(x, means, scale):
    """log r_k(x) of equally likely components: the logits of the Bayes classifier.

    x: shape (n, d). means: shape (K, d). scale: s.
    Returns shape (n, K).

    >>> mixture_posterior_logits([[0.0]], [[0.0]], 1.0).tolist()
    [[0.0]]
    """
    return 0.0 + _log_shares(x, means, scale, None)[3]
