"""The value of the game: for densities, for samples, and at its optimum.

    V(D, G) = E_p[ log D ] + E_q[ log(1 - D) ] <= C(G) = -log 4 + 2 JSD(p, q)
    C(G) - V(D, G) = integral (p + q) KL( Bern(D*) || Bern(D) )

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1 and theorem 1, with p the
data and q the generated distribution. Discriminators are given as logits: 1 - D rounds to 0 where
p / q > 2^53, although q > 0 there.
"""

import numpy as np

from reference.arrays import along, broadcast, event, non_negative, probabilities, real
from reference.errors import ShapeError
from reference.primitives import LOG_2, log_share, log_sigmoid, rel_term
from reference.quadrature import gauss_legendre
from reference.theory.divergences import jensen_shannon_density, jsd, jsd_log
from reference.theory.kl import kl_bernoulli_logits


def _measures(pd, pg, w):
    weight = np.float64(1.0) if w is None else non_negative("w", w)
    return along(-1, pd=non_negative("pd", pd), pg=non_negative("pg", pg), w=weight)


@np.errstate(all="ignore")
def value_function_density(pd, pg, logit, w=None):
    """V(D, G) of densities on a grid, sum w [p log D + q log(1 - D)], in nats.

    pd, pg: densities p and q, shape (..., n). logit: of D, may be infinite, shape (..., n).
    w: quadrature weights, shape (n,); 1 by default, for probabilities of n outcomes.
    Returns shape (...); -inf where D is certain and wrong.

    >>> float(value_function_density([0.5, 0.5], [0.5, 0.5], 0.0)) == -float(np.log(4))
    True
    """
    pd, pg, w = _measures(pd, pg, w)
    pd, pg, w, logit = along(-1, pd=pd, pg=pg, w=w, logit=real("logit", logit, True))
    real_part = np.where(w * pd > 0, w * pd * log_sigmoid(logit), 0.0)
    fake_part = np.where(w * pg > 0, w * pg * log_sigmoid(-logit), 0.0)
    return (real_part + fake_part).sum(-1)


def value_function_samples(l_real, l_fake):
    """V(D, G) of two samples, mean log D(x) + mean log(1 - D(G(z))), in nats.

    l_real, l_fake: logits of real (n,) and of generated (m,) examples.
    Returns one number.

    >>> float(value_function_samples([0.0], [0.0])) == -float(np.log(4))
    True
    """
    l_real = event("l_real", real("l_real", l_real, infinite=True))
    l_fake = event("l_fake", real("l_fake", l_fake, infinite=True))
    real_part, fake_part = log_sigmoid(l_real).mean(-1), log_sigmoid(-l_fake).mean(-1)
    return sum(broadcast(l_real=real_part, l_fake=fake_part))


@np.errstate(all="ignore")
def value_regret(pd, pg, logit, w=None):
    """C(G) - V(D, G) = sum w (p + q) KL( Bern(D*) || Bern(D) ) >= 0, in nats.

    Arguments as value_function_density. Returns shape (...), 0 only for D = D*.

    >>> float(value_regret([0.5, 0.5], [0.5, 0.5], [0.0, 0.0]))
    0.0
    """
    pd, pg, w = _measures(pd, pg, w)
    pd, pg, w, logit = along(-1, pd=pd, pg=pg, w=w, logit=real("logit", logit, True))
    ratio = pd / pg
    plain = (ratio > 0) & (ratio < np.inf)
    best = np.where(plain, np.log(np.where(plain, ratio, 1.0)), np.log(pd) - np.log(pg))
    some = w * (pd + pg) > 0
    divergence = kl_bernoulli_logits(np.where(some, best, 0.0), np.where(some, logit, 0.0))
    return np.where(some, w * (pd + pg) * divergence, 0.0).sum(-1)


@np.errstate(all="ignore")
def criterion_C(pd, pg, w=None):
    """C(G) = max over D of V(D, G) = -log 4 + 2 JSD(p, q), in nats, in [-log 4, 0].

    pd, pg: densities, shape (..., n). w: quadrature weights; 1 unless given.
    Returns shape (...).

    >>> float(criterion_C([0.5, 0.5], [0.5, 0.5])) == -float(np.log(4))
    True
    """
    pd, pg, w = _measures(pd, pg, w)
    # Each term p log D* + q log(1 - D*) is at most 0: -log 4 + 2 JSD would cancel.
    terms = np.where(pd > 0, pd * log_share(pd, pg), 0.0)
    return (w * (terms + np.where(pg > 0, pg * log_share(pg, pd), 0.0))).sum(-1) + 0.0


@np.errstate(all="ignore")
def criterion_C_quad(logpd, logpg, breaks, m=64):
    """C(G) of two densities on the line, by composite Gauss-Legendre quadrature.

    logpd, logpg: functions of points (n,) to log densities (n,), each integrating to 1.
    breaks: increasing breakpoints that enclose the mass of both. m: nodes per interval.
    Returns one number, in nats.

    >>> flat = lambda x: np.zeros_like(x)
    >>> float(criterion_C_quad(flat, flat, [0.0, 1.0])) == -float(np.log(4))
    True
    """
    x, w = gauss_legendre(breaks, m)
    return 2 * jsd_log(logpd(x), logpg(x), w) - np.log(4.0)


def cgan_criterion(pd_xy, pg_xy):
    """The criterion of a conditional game, jointly and by the chain rule over the label.

    JSD(p(x, y), q(x, y)) = JSD(p(y), q(y)) + sum_y E_y, with E_y the divergence of the two
    conditionals, weighted as the labels are. The generator affects only the second term.

    pd_xy, pg_xy: joint probabilities of examples and labels, shape (X, Y), summing to 1.
    Returns (joint, by the chain rule): equal up to rounding, in nats.
    Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), equation 2.

    >>> joint, chain = cgan_criterion([[0.5, 0.5]], [[0.5, 0.5]])
    >>> float(joint) == float(chain) == -float(np.log(4))
    True
    """
    tables = []
    for name, table in (("pd_xy", pd_xy), ("pg_xy", pg_xy)):
        table = non_negative(name, table)
        if table.ndim != 2:
            raise ShapeError(f"{name} must be 2-dimensional: shape {table.shape}")
        tables.append(probabilities(name, table.ravel()).reshape(table.shape))
    p, q = tables
    if p.shape != q.shape:
        raise ShapeError(f"pd_xy {p.shape} and pg_xy {q.shape} differ in shape")
    joint = 2 * jsd(p.ravel(), q.ravel()) - np.log(4.0)
    py, qy = p.sum(0), q.sum(0)
    conditional = 0.0
    for y in np.flatnonzero((py > 0) & (qy > 0)):
        # p(y) KL( p(x | y) || m ) + q(y) KL( q(x | y) || m ), m their mixture, term by term; what
        # underflows in the mixture contributes nothing.
        a, b = p[:, y], q[:, y]
        for part, share in ((a, py[y]), (b, qy[y])):
            mixed = (a + b) * (share / (py[y] + qy[y]))
            conditional += rel_term(np.where(mixed > 0, part, 0.0), mixed).sum() / 2
    return joint, 2 * (jensen_shannon_density(py, qy).sum() + conditional) - np.log(4.0)


def gan_optimum_constants():
    """The value of each convention at the optimum, p = q with the optimal discriminator.

    Returns {name: number}: different numbers for the same state. LSGAN has factors 1/2 and labels
    a = -1 (fake), b = 1 (real), c = 0 (the generator's target).

    >>> round(gan_optimum_constants()["value"], 4)
    -1.3863
    """
    return {
        "discriminator": 0.5,
        "accuracy": 0.5,
        "value": float(-np.log(4.0)),
        "bce_sum": float(np.log(4.0)),
        "bce_mean": float(LOG_2),
        "minimax_generator": float(-LOG_2),
        "non_saturating_generator": float(LOG_2),
        "hinge_discriminator": 2.0,
        "hinge_generator": 0.0,
        "lsgan_output": 0.0,
        "lsgan_discriminator": 1.0,
        "lsgan_generator": 0.0,
        "wgan_critic": 0.0,
    }
