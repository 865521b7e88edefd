"""A game on the line, from its definitions: the generated distribution, JSD, V and its optimum.

    P(G(z) in bin) = sum over pieces of z of P(piece) |G(piece) in bin| / |G(piece)|
    JSD = sum 1/2 (p log(p/m) + q log(q/m)),    max_D V = sum (p + q) (D* log D* + ...)

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1, proposition 1, theorem 1;
p and q are masses of bins, which need not sum to 1.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, non_negative, real, refuse, within
from reference.theory.divergences import jensen_shannon_density
from reference.theory.value_function import criterion_C, value_function_density


def pushforward(edges, ends, below):
    """The mass of G(z) in each bin, with G linear between the given latents.

    edges: of the bins, increasing, shape (n + 1,). ends: G at increasing latents, shape (c + 1,).
    below: the latents' distribution function, in [0, 1] and not decreasing, shape (c + 1,).
    Returns shape (n,). A bin contains its lower edge, the last one its upper edge too, and mass
    that is mapped to a single point counts in the bin of that point.

    >>> pushforward([0.0, 1.0, 2.0], [0.0, 2.0, 1.0], [0.0, 0.5, 1.0]).tolist()
    [0.25, 0.75]
    """
    edges = dimensions("edges", real("edges", edges), 1)
    refuse("edges", edges[1:], np.diff(edges) <= 0, "increasing")
    ends = dimensions("ends", real("ends", ends), 1)
    below = within("below", below, 0, 1)
    equal_shapes(ends=ends, below=below)
    refuse("below", below[1:], np.diff(below) < 0, "not decreasing")
    low, high = np.minimum(ends[1:], ends[:-1]), np.maximum(ends[1:], ends[:-1])
    reach = edges[:, None] - low
    with np.errstate(all="ignore"):
        share = np.where(high > low, np.clip(reach / (high - low), 0, 1), reach > 0)
    share[-1] = np.where((high == low) & (reach[-1] == 0), 1, share[-1])
    return np.diff((share * np.diff(below)).sum(1))


def jensen_shannon(p, q):
    """JSD of two measures given by the masses of bins, in nats.

    p, q: shape (n,).
    Returns one number, in [0, log 2] where both sum to 1.

    >>> float(jensen_shannon([1.0, 0.0], [0.0, 1.0])) == float(np.log(2))
    True
    """
    return jensen_shannon_density(*_masses(p, q)).sum()


def game_value(p, q, logits):
    """V(D, G) = sum p log D + q log(1 - D), in nats.

    p, q: masses of data and of samples in bins, shape (n,). logits: D's in the bins, shape (n,).
    Returns one number, at most `optimum`.

    >>> float(game_value([1.0], [1.0], [0.0])) == -float(np.log(4))
    True
    """
    p, q = _masses(p, q)
    return value_function_density(*equal_shapes(p=p, q=q, logits=real("logits", logits)))


def optimum(p, q):
    """max_D V, attained by D* = p / (p + q), in nats.

    p, q: masses of data and of samples in bins, shape (n,).
    Returns one number, -log 4 + 2 JSD where both sum to 1.

    >>> float(optimum([1.0, 0.0], [0.0, 1.0]))
    0.0
    """
    p, q = _masses(p, q)
    return criterion_C(p, q)


def _masses(p, q):
    p, q = (dimensions(name, non_negative(name, m), 1) for name, m in (("p", p), ("q", q)))
    return equal_shapes(p=p, q=q)
