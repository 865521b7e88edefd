"""Small games with closed-form steps.

    bilinear    f = x y, x descends and y ascends: squared distance from 0 is multiplied by
                1 + eta^2 per step (simultaneous), 1 - eta^2 + eta^4 (extragradient);
                x^2 + y^2 - eta x y is invariant (alternating)
    unrolled    f = x y - c y^2 / 2, y ascends K steps before f is evaluated for x:
                y_K = x / c (1 - r^K) + r^K y_0,   r = 1 - eta c
    tabular     least squares over K outcomes, D descends K steps from D_0:
                D_K = D* + (1 - eta (p + q))^K (D_0 - D*)

Mescheder et al., "Which Training Methods for GANs do actually Converge?" (2018), appendix;
Daskalakis et al., "Training GANs with Optimism" (2018); Metz et al., "Unrolled Generative
Adversarial Networks" (2017), equation 7.
"""

import numpy as np

from reference.arrays import along, chosen, count, number, probabilities, real, refuse
from reference.errors import DomainError
from reference.theory.optimal_critics import lsgan_optimum

MODES = ("simultaneous", "alternating", "extragradient", "optimistic")
SHORT = {"sim": "simultaneous", "alt": "alternating", "extra": "extragradient"}


@np.errstate(all="ignore")
def bilinear_gda(x, y, eta, T, mode="simultaneous"):
    """The path of descent in x and ascent in y on f = x y.

    x, y: the start. eta: learning rate. T: number of steps. mode: one of MODES.
    Returns shape (T + 1, 2), the start first.

    >>> bilinear_gda(1.0, 0.0, 0.5, 1, "alternating").tolist()
    [[1.0, 0.0], [1.0, 0.5]]
    """
    mode = chosen("mode", SHORT.get(mode, mode) if isinstance(mode, str) else mode, MODES)
    x, y, eta = number("x", x), number("y", y), number("eta", eta)
    path = [(x, y)]
    before = (x, y)
    for _ in range(count("T", T, 0)):
        now = (x, y)
        if mode == "simultaneous":
            x, y = x - eta * y, y + eta * x
        elif mode == "alternating":
            x = x - eta * y
            y = y + eta * x
        elif mode == "extragradient":
            ahead = x - eta * y, y + eta * x
            x, y = x - eta * ahead[1], y + eta * ahead[0]
        else:  # optimistic: a step along twice this gradient minus the last one
            x, y = x - eta * (2 * y - before[1]), y + eta * (2 * x - before[0])
        before = now
        path.append((x, y))
    if not np.isfinite(path).all():
        raise DomainError(f"x, y and eta must be such that the path stays finite: eta = {eta}")
    return np.array(path)


def _left(step, K):
    """(1 - step)^K, and the sum of its powers below K, (1 - left) / step, without cancellation."""
    left = (1 - step) ** K
    small = np.where(np.abs(step) < 0.5, step, 0.0)
    gone = np.where(small == step, -np.expm1(K * np.log1p(-small)), 1 - left)
    powers = gone / np.where(step == 0, 1.0, step)
    return left, np.where(np.abs(step) < 1e-20, K, powers)[()]


@np.errstate(all="ignore")
def unrolled_quadratic(x, y0, c, eta, K):
    """The critic after K steps on f = x y - c y^2 / 2, and x's gradient through all of them.

    x, y0: the generator's and the critic's parameter. c: curvature, not 0. eta: the critic's
    learning rate. K: its steps; 0 is the plain game.
    Returns (y_K, d f(x, y_K(x)) / dx).

    >>> [float(v) for v in unrolled_quadratic(2.0, 1.0, 1.0, 1.0, 1)]
    [2.0, 2.0]
    """
    x, y0, c, eta = number("x", x), number("y0", y0), number("c", c), number("eta", eta)
    refuse("c", c, c == 0, "other than 0")
    left, powers = _left(eta * c, count("K", K, 0))
    y = x * (eta * powers) + left * y0
    slope = y + eta * powers * (x - c * y)
    if not np.isfinite(y + slope):
        raise DomainError(f"eta and c must be such that y stays finite: eta = {eta}, c = {c}")
    return y, slope


@np.errstate(all="ignore")
def unrolled_table(pd, pg, D0, eta, K, a=-1.0, b=1.0):
    """A tabular least-squares discriminator after K gradient steps, in closed form.

    pd, pg: probabilities p and q, shape (K,). D0: its initial values, shape (K,).
    eta: learning rate on 1/2 sum [p (D - b)^2 + q (D - a)^2]. K: steps. a, b: the labels.
    Returns (D_K, gradient of D_K in q), each shape (K,).

    >>> unrolled_table([0.5, 0.5], [0.5, 0.5], [1.0, 1.0], 1.0, 1)[0].tolist()
    [0.0, 0.0]
    """
    p, q, D0 = along(-1, pd=probabilities("pd", pd), pg=probabilities("pg", pg), D0=real("D0", D0))
    eta, K = number("eta", eta), count("K", K, 0)
    best, _ = lsgan_optimum(p, q, a, b)
    some = p + q > 0
    best = np.where(some, best, D0)
    left = 1 - eta * (p + q)
    kept, powers = _left(eta * (p + q), K)
    gone = eta * (p + q) * powers
    D = gone * best + kept * D0
    if not np.isfinite(D).all():
        raise DomainError(f"eta must be such that D stays finite: eta = {eta}")
    moves = np.where(some, (number("a", a) - best) / np.where(some, p + q, 1.0), 0.0)
    # At p = q = 0 the gradient is the limit K eta (a - D_0) of the closed form.
    through = moves * gone - K * eta * left ** max(K - 1, 0) * (D0 - best)
    return D, np.where(some, through, K * eta * (number("a", a) - D0))
