"""The optimal discriminator against a fixed generator.

    D*(x) = pi p(x) / (pi p(x) + (1 - pi) q(x)),    logit D* = log p - log q + logit pi

Goodfellow et al., "Generative Adversarial Nets" (2014), proposition 1, with p the data, q
the generated distribution and pi = 1/2 the fraction of real examples. Where p = q = 0 every value
is optimal and the result is `undefined`.
"""

import numpy as np

from reference.arrays import broadcast, inside, non_negative, real, refuse
from reference.primitives import logit, sigmoid


def _prior(prior):
    return inside("prior", prior, 0, 1)


@np.errstate(all="ignore")
def optimal_discriminator(pd, pg, prior=0.5, undefined=np.nan):
    """D* at each point, from two densities.

    pd, pg: densities of the data and of the generator, at least 0, shapes that broadcast.
    prior: pi, the fraction of real examples. undefined: the result where both are 0.
    Returns their shape, in [0, 1].

    >>> float(optimal_discriminator(3.0, 1.0)), float(optimal_discriminator(1e308, 1e308))
    (0.75, 0.5)
    """
    pd, pg, prior = broadcast(
        pd=non_negative("pd", pd), pg=non_negative("pg", pg), prior=_prior(prior)
    )
    top = np.maximum(pd, pg)  # their sum overflows at 1e308, and underflows to a few bits
    p, q = prior * (pd / top), (1 - prior) * (pg / top)
    return np.where(top == 0, undefined, p / (p + q))[()]


@np.errstate(all="ignore")
def optimal_logit(ld, lg, prior=0.5, undefined=np.nan):
    """The logit of D* at each point, log p - log q + logit pi, from two log densities.

    ld, lg: log densities, -inf where a density is 0, shapes that broadcast.
    Returns their shape; infinite where one density is 0, `undefined` where both are.

    >>> float(optimal_logit(-1.0, -3.0)), float(optimal_logit(-np.inf, 0.0))
    (2.0, -inf)
    """
    ld, lg, prior = broadcast(
        ld=real("ld", ld, infinite=True), lg=real("lg", lg, infinite=True), prior=_prior(prior)
    )
    refuse("ld", ld, ld == np.inf, "below infinity")
    refuse("lg", lg, lg == np.inf, "below infinity")
    neither = (ld == -np.inf) & (lg == -np.inf)
    return np.where(neither, undefined, ld - lg + logit(prior))[()]


@np.errstate(all="ignore")
def optimal_discriminator_log(ld, lg, prior=0.5, undefined=np.nan):
    """D* at each point, from two log densities.

    ld, lg: log densities, -inf where a density is 0, shapes that broadcast.
    Returns their shape, in [0, 1]; `undefined` where both densities are 0.

    >>> float(optimal_discriminator_log(-7000.0, -7000.0))
    0.5
    """
    best = optimal_logit(ld, lg, prior)
    return np.where(np.isnan(best), undefined, sigmoid(np.where(np.isnan(best), 0.0, best)))[()]


def density_ratio_from_D(logit):
    """p / q = D* / (1 - D*) = e^a, from an optimal discriminator's logit.

    logit: a, any shape; infinite where one density is 0.
    Returns its shape.

    >>> float(density_ratio_from_D(0.0))
    1.0
    """
    with np.errstate(all="ignore"):
        return np.exp(real("logit", logit, infinite=True))


@np.errstate(all="ignore")
def discriminator_rejection(logit, max_logit):
    """The probability of accepting a generated example so that accepted ones follow p_data.

    logit: a of each example. max_logit: log M, at least every a.
    Returns e^(a - log M), in [0, 1]. Azadi et al., "Discriminator Rejection Sampling" (2019).

    >>> float(discriminator_rejection(2.0, 2.0))
    1.0
    """
    a, top = broadcast(logit=real("logit", logit, True), max_logit=real("max_logit", max_logit))
    refuse("logit", a, a > top, "at most max_logit")
    return np.exp(a - top)
