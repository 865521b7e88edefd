"""f-divergences and their duals.

    D_f(p, q) = sum q f(p / q) >= sum p T - sum q f*(T),    equality at T = f'(p / q)

Nowozin, Cseke & Tomioka, "f-GAN" (2016), equations 2 and 4, table 6, scaled so that each
name gives the divergence of that name: kl KL(p || q); rkl KL(q || p); pearson
sum (p - q)^2 / q; hellinger 1 - sum sqrt(p q); js JSD; gan 2 JSD - log 4; tv total variation.
An entry with q = 0 < p counts p f'(infinity); one with p = q = 0 counts nothing.
"""

import numpy as np

from reference.arrays import broadcast, probabilities, real, refuse
from reference.primitives import LOG_2, rel_term
from reference.theory.divergences import jensen_shannon_density


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

# The conjugate f*, and the bound below which its argument must stay.
CONJUGATE = {
    "kl": (lambda t: np.exp(t - 1), np.inf),
    "rkl": (lambda t: -1 - np.log(-t), 0.0),
    "pearson": (lambda t: t**2 / 4 + t, np.inf),
    "hellinger": (lambda t: t / (1 - 2 * t), 0.5),
    "js": (lambda t: -0.5 * np.log(2 - np.exp(2 * t)), 0.5 * LOG_2),
    "gan": (lambda t: -np.log(-np.expm1(t)), 0.0),
}

# The best T = f'(p / q).
OPTIMAL = {
    "kl": lambda p, q: 1 + np.log(p / q),
    "rkl": lambda p, q: -q / p,
    "pearson": lambda p, q: 2 * (p - q) / q,
    "hellinger": lambda p, q: 0.5 * (1 - np.sqrt(q / p)),
    "js": lambda p, q: 0.5 * (LOG_2 - np.log1p(q / p)),
    "gan": lambda p, q: -np.log1p(q / p),
}


def _known(name, table):
    if name not in table:
        raise ValueError(f"name must be one of {', '.join(table)}: {name!r}")
    return table[name]


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
    q = probabilities("q", q, axis, normalize)
    p, q = broadcast(p=p, q=q)
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
    p, q, T = broadcast(
        p=probabilities("p", p, axis), q=probabilities("q", q, axis), T=real("T", T, True)
    )
    outside = np.where(q > 0, bound <= T, bound < T) & np.isfinite(bound)
    if np.any(outside):
        refuse("T", T, outside, f"below {bound:.17g}, the bound of {name}")
    gain = np.where(p > 0, p * T, 0.0)
    return gain.sum(axis) - np.where(q > 0, q * conjugate(T), 0.0).sum(axis)


@np.errstate(all="ignore")
def fgan_optimal_T(p, q, name, axis=-1):
    """The critic f'(p / q) at which the dual is tight; where p = q = 0 it is -1.

    p, q: shape (..., K), each summing to 1.
    Returns shape (..., K), infinite where the best critic is.

    >>> fgan_optimal_T([0.5, 0.5], [0.5, 0.5], "kl").tolist()
    [1.0, 1.0]
    """
    best = _known(name, OPTIMAL)
    p, q = broadcast(p=probabilities("p", p, axis), q=probabilities("q", q, axis))
    return np.where((p == 0) & (q == 0), -1.0, best(p, q))
