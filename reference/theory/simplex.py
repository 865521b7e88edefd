"""Proposition 2 on a finite set: the generator's distribution descends C directly.

    dC/dq_k = log q_k - log(p_k + q_k) = log(1 - D*_k)    (up to a constant along the simplex)
    q <- q exp(-eta dC/dq) / Z                            exponentiated gradient

Goodfellow et al., "Generative Adversarial Nets" (2014), proposition 2: C is convex in q, with
its only minimum at q = p. At eta = 1 the step is q <- (p + q) / 2. Kivinen & Warmuth (1997)
for the multiplicative step; Duchi et al. (2008), figure 1, for the projection.
"""

import numpy as np

from reference.arrays import (
    along,
    count,
    dimensions,
    event,
    number,
    probabilities,
    real,
    refuse,
)
from reference.primitives import log_share


def _tables(pd, pg, name="pg"):
    return along(-1, pd=probabilities("pd", pd), **{name: probabilities(name, pg)})


@np.errstate(all="ignore")
def prop2_gradient(pd, pg):
    """Gradient of C in each q_k, log(1 - D*): -inf where q_k = 0.

    pd, pg: probabilities p and q, shape (..., K).
    Returns shape (..., K).

    >>> prop2_gradient([0.5, 0.5], [1.0, 0.0]).tolist() == [-float(np.log(1.5)), -np.inf]
    True
    """
    p, q = _tables(pd, pg)
    return log_share(q, p)


@np.errstate(all="ignore")
def prop2_eg(pd, p0, eta, T):
    """The generator's distribution after T exponentiated-gradient steps on C.

    pd: the data p, shape (..., K). p0: the start, shape (..., K); a zero stays zero.
    eta: learning rate, above 0. T: number of steps.
    Returns shape (..., K).

    >>> prop2_eg([1.0, 0.0], [0.5, 0.5], 1.0, 1).round(12).tolist()
    [0.75, 0.25]
    """
    p, q = _tables(pd, p0, "p0")
    eta = number("eta", eta)
    refuse("eta", eta, eta <= 0, "above 0")
    for _ in range(count("T", T, 0)):
        gradient = np.where(q > 0, prop2_gradient(p, q), 0.0)
        z = np.log(q) - eta * gradient
        z = np.exp(z - z.max(-1, keepdims=True))
        q = z / z.sum(-1, keepdims=True)
    return q


def prop2_step_closed_form(pd, pg):
    """One exponentiated-gradient step at eta = 1 from a q without zeros: (p + q) / 2.

    >>> prop2_step_closed_form([1.0, 0.0], [0.5, 0.5]).tolist()
    [0.75, 0.25]
    """
    p, q = _tables(pd, pg)
    return (p + q) / 2


def project_simplex(v):
    """The nearest probability vector to v, in the Euclidean distance.

    v: shape (..., K).
    Returns shape (..., K): max(v - t, 0) with the t for which it sums to 1.

    >>> project_simplex([0.8, 0.8, -1.0]).tolist()
    [0.5, 0.5, 0.0]
    """
    v = event("v", real("v", v))
    v = v - v.max(-1, keepdims=True)  # the same result, without loss of precision
    u = np.sort(v)[..., ::-1]
    t = (np.cumsum(u, -1) - 1) / np.arange(1, u.shape[-1] + 1)
    last = (u > t).cumsum(-1).argmax(-1)[..., None]  # the last place where u > t
    return np.maximum(v - np.take_along_axis(t, last, -1), 0)


def prop2_projected_gd(pd, p0, eta, T):
    """The generator's distribution after T projected-gradient steps on C.

    The gradient is unbounded where q_k = 0; there it is taken at the smallest normal number.

    pd: the data p, shape (..., K). p0: the start, shape (..., K). eta: learning rate, above 0.
    T: number of steps.
    Returns shape (..., K).

    >>> prop2_projected_gd([0.5, 0.5], [0.5, 0.5], 0.1, 3).tolist()
    [0.5, 0.5]
    """
    p, q = _tables(pd, p0, "p0")
    eta = number("eta", eta)
    refuse("eta", eta, eta <= 0, "above 0")
    for _ in range(count("T", T, 0)):
        inside = np.maximum(q, np.finfo(float).tiny)
        with np.errstate(all="ignore"):
            gradient = np.log(inside) - np.log(p + inside)
        q = project_simplex(q - eta * gradient)
    return q


def best_response_G(logit_grid):
    """The generator's best response to a fixed D: all mass at the largest logit.

    logit_grid: shape (n,).
    Returns the indices of all maxima, increasing: each is a best response.

    >>> best_response_G([0.0, 2.0, 2.0]).tolist()
    [1, 2]
    """
    logit_grid = dimensions("logit_grid", real("logit_grid", logit_grid, infinite=True), 1)
    return np.flatnonzero(logit_grid == logit_grid.max())
