"""The optimal critic of the other games, and the divergence that the generator then minimises.

    least squares   D* = (b p + a q) / (p + q),   2 C = sum (p - q)^2 / (p + q)
                    for b - c = 1, b - a = 2
    hinge           f* = sign(p - q),             min L_D = 2 sum min(p, q) = 2 (1 - TV)

Mao et al., "Least Squares Generative Adversarial Networks" (2017), equations 5 and 8, who call
that sum Pearson's chi-square of p + q and 2 q. In divergences.py, where Pearson's divides by the
second argument, it is chi2_neyman(p + q, 2 q) = chi2_pearson(2 q, p + q). Lim & Ye, "Geometric
GAN" (2017), section 3.2. The generator's gradient at D*: Goodfellow et al. (2014), section 4, and
Arjovsky & Bottou (2017), theorem 2.5.
"""

import numpy as np

from reference.arrays import along, chosen, non_negative, number, probabilities, refuse
from reference.primitives import softplus


@np.errstate(all="ignore")
def lsgan_optimum(pd, pg, a=0.0, b=1.0, c=1.0):
    """The least-squares discriminator (b p + a q) / (p + q) and the generator's 1/2 loss there.

    pd, pg: probabilities or weighted densities p, q at least 0, shape (..., n).
    a, b, c: D's targets for generated and for real examples, and the generator's target, by
    default those of objectives/least_squares.py. The chi-square needs -1, 1 and 0.
    Returns (D*, C): shape (..., n), NaN where p = q = 0; C = 1/2 sum (p + q)(D* - c)^2.

    >>> best, cost = lsgan_optimum([0.5, 0.5], [0.5, 0.5])
    >>> best.tolist(), float(cost)
    ([0.5, 0.5], 0.25)
    """
    pd, pg = along(-1, pd=non_negative("pd", pd), pg=non_negative("pg", pg))
    a, b, c = number("a", a), number("b", b), number("c", c)
    top = np.maximum(pd, pg)  # p + q overflows at 1e308
    p, q = pd / top, pg / top
    best = np.where(top == 0, np.nan, (b * p + a * q) / (p + q))
    off = ((b - c) * p + (a - c) * q) / (p + q)  # D* - c
    cost = (0.5 * np.where(top == 0, 0.0, off * pd * off + off * pg * off)).sum(-1)
    return best, cost


def hinge_optimum(pd, pg):
    """The hinge critic sign(p - q) and its minimal loss 2 sum min(p, q).

    pd, pg: probabilities or weighted densities p, q at least 0, shape (..., n).
    Returns (f*, L_D): shape (..., n) and (...). Where p = q any value in [-1, 1] is optimal.

    >>> best, cost = hinge_optimum([1.0, 0.0], [0.25, 0.75])
    >>> best.tolist(), float(cost)
    ([1.0, -1.0], 0.5)
    """
    pd, pg = along(-1, pd=non_negative("pd", pd), pg=non_negative("pg", pg))
    return np.sign(pd - pg), 2 * np.minimum(pd, pg).sum(-1)


@np.errstate(all="ignore")
def implicit_divergence_grad(pd, pg, kind="minimax"):
    """The generator's gradient at D* in each q_k, along the simplex.

    minimax: log(1 - D*), the gradient of 2 JSD(p, q);
    non_saturating: -log D*, the gradient of KL(q || p) - 2 JSD(p, q).

    pd, pg: probabilities p and q without zeros, shape (K,). kind: which loss.
    Returns shape (K,), minus its mean, since sum q = 1 is kept.

    >>> implicit_divergence_grad([0.5, 0.5], [0.5, 0.5]).tolist()
    [0.0, 0.0]
    """
    p, q = along(-1, pd=probabilities("pd", pd), pg=probabilities("pg", pg))
    refuse("pd", p, p == 0, "above 0")
    refuse("pg", q, q == 0, "above 0")
    best = np.log(p) - np.log(q)
    saturating = chosen("kind", kind, ("minimax", "non_saturating")) == "minimax"
    gradient = -softplus(best) if saturating else softplus(-best)
    return gradient - gradient.mean(-1, keepdims=True)
