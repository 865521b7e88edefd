"""f-divergences and their duals.

    D_f(p, q) = sum q f(p / q) >= sum p T - sum q f*(T),    equality at T = f'(p / q)

Nowozin, Cseke & Tomioka, "f-GAN" (2016), equations 2 and 4, table 6, scaled so that each
name gives the divergence of that name: kl KL(p || q); rkl KL(q || p); pearson
sum (p - q)^2 / q; hellinger 1 - sum sqrt(p q); js JSD; gan 2 JSD - log 4; tv total variation.
An entry with q = 0 < p contributes p f'(infinity), one with p = q = 0 contributes 0.
"""

import numpy as np

from reference.arrays import along, chosen, probabilities, real, refuse
from reference.primitives import LOG_2, rel_term, softplus
from reference.theory.divergences import jensen_shannon_density

LARGEST = np.finfo(float).max


def _pearson(p, q):
    return np.where(p == q, 0.0, np.abs(p - q) * (np.abs(p - q) / q))


def _hellinger(p, q):
    root = np.sqrt(p) + np.sqrt(q)
    return 0.5 * np.where(root > 0, (p - q) / root, 0.0) ** 2


def _gan(p, q):
    return 2 * jensen_shannon_density(p, q) - (p + q) * LOG_2


# The perspective q f(p / q) of each entry.
PERSPECTIVE = {
    "kl": rel_term,
    "rkl": lambda p, q: rel_term(q, p),
    "pearson": _pearson,
    "hellinger": _hellinger,
    "js": jensen_shannon_density,
    "gan": _gan,
    "tv": lambda p, q: 0.5 * np.abs(p - q),
}

# q f*(t), with q moved inside where f* alone would overflow, and the upper bound of t.
CONJUGATE = {
    "kl": (lambda q, t: np.exp(np.log(q) + t - 1), np.inf),
    "rkl": (lambda q, t: q * (-1 - np.log(-t)), 0.0),
    "pearson": (lambda q, t: np.where(t > -2, q * t * (t / 4 + 1), -q), np.inf),
    "hellinger": (lambda q, t: q * np.where(t == -np.inf, -0.5, t / (1 - 2 * t)), 0.5),
    "js": (
        lambda q, t: -0.5 * q * (LOG_2 + np.log(-np.expm1(2 * t - LOG_2))),
        0.5 * LOG_2,
    ),
    "gan": (lambda q, t: -q * np.log(-np.expm1(t)), 0.0),
}

# The optimal T = f'(p / q), from p, q and log q - log p.
OPTIMAL = {
    "kl": lambda p, q, gap: 1 - gap,
    "rkl": lambda p, q, gap: -q / p,
    "pearson": lambda p, q, gap: 2 * ((p - q) / q),
    "hellinger": lambda p, q, gap: 0.5 * (1 - np.sqrt(q) / np.sqrt(p)),
    "js": lambda p, q, gap: 0.5 * (LOG_2 - softplus(gap)),
    "gan": lambda p, q, gap: -softplus(gap),
}


def _known(name, table):
    return table[chosen("name", name, table)]


@np.errstate(all="ignore")
def f_divergence(p, q, name, axis=-1, normalize=False):
    """D_f(p, q) = sum q f(p / q), in the unit of f.

    p, q: shape (..., K), each summing to 1. name: one of the module's table.
    Returns shape (...).

    >>> float(f_divergence([1.0, 0.0], [0.5, 0.5], "tv"))
    0.5
    """
    perspective = _known(name, PERSPECTIVE)
    p = probabilities("p", p, axis, normalize)
    p, q = along(axis, p=p, q=probabilities("q", q, axis, normalize))
    return perspective(p, q).sum(axis)


@np.errstate(all="ignore")
def fgan_dual(p, q, T, name, axis=-1):
    """The lower bound sum p T - sum q f*(T) of D_f(p, q), for any critic T.

    p, q: shape (..., K), each summing to 1. T: the critic's values, below the module's
    bound for `name`, shape (..., K).
    Returns shape (...).

    >>> float(fgan_dual([0.5, 0.5], [0.5, 0.5], [0.0, 0.0], "pearson"))
    0.0
    """
    conjugate, bound = _known(name, CONJUGATE)
    p, q = probabilities("p", p, axis), probabilities("q", q, axis)
    p, q, T = along(axis, p=p, q=q, T=real("T", T, infinite=True))
    outside = np.where(q > 0, bound <= T, bound < T) & np.isfinite(bound)
    if np.any(outside):
        refuse("T", T, outside, f"below {bound:.17g}, the bound of {name}")
    gain = np.where(p > 0, p * T, 0.0)
    cost = np.where(q > 0, conjugate(q, T), 0.0)
    # Entry by entry, as two large sums would cancel. At T = inf the conjugate dominates, which
    # grows faster than T; at T = -inf the gain does.
    worst = (cost == np.inf) | (gain == -np.inf)
    return np.where(worst, -np.inf, gain - np.where(worst, 0.0, cost)).sum(axis)


@np.errstate(all="ignore")
def fgan_optimal_T(p, q, name, axis=-1):
    """The critic f'(p / q) at which the dual is tight; where p = q = 0 it is -1.

    p, q: shape (..., K), each summing to 1.
    Returns shape (..., K), infinite where p or q is 0 and the optimal critic is infinite; where
    neither is 0, the nearest finite number below the module's bound.

    >>> fgan_optimal_T([0.5, 0.5], [0.5, 0.5], "kl").tolist()
    [1.0, 1.0]
    """
    best, (_, bound) = _known(name, OPTIMAL), CONJUGATE[name]
    p, q = along(axis, p=probabilities("p", p, axis), q=probabilities("q", q, axis))
    neither = (p == 0) & (q == 0)
    gap = np.where(neither, 0.0, np.log(q) - np.log(p))
    found = np.where(neither, -1.0, best(p, q, gap))
    inside = np.clip(found, -LARGEST, np.nextafter(np.minimum(bound, LARGEST), -np.inf))
    return np.where((p > 0) & (q > 0), inside, found)
