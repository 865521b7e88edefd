"""Bounds on log p(x) of a latent-variable model.

    ELBO = E_q[ log p(x, z) - log q(z) ] <= log p(x)
    IWAE_K = E[ log 1/K sum_k w_k ],    w_k = p(x, z_k) / q(z_k)

Kingma & Welling (2014), equations 2, 3 and 10; Burda et al., "Importance Weighted
Autoencoders" (2016), theorem 1: the bound grows with K and stays below log p(x). Hoffman &
Johnson, "ELBO surgery" (2016), for the decomposition of the KL term; Huang et al. (2020) for the
augmented flow.
"""

import numpy as np

from reference.arrays import (
    along,
    broadcast,
    chosen,
    count,
    dimensions,
    equal_shapes,
    event,
    non_negative,
    number,
    probabilities,
    real,
    refuse,
)
from reference.errors import ShapeError
from reference.objectives import bernoulli, gaussian
from reference.objectives.gaussian_kl import kl_to_standard_normal
from reference.primitives import log_softmax, logmeanexp, logsumexp, rel_term
from reference.quadrature import gauss_hermite


@np.errstate(all="ignore")
def reparam_sample(mu, log_variance, eps):
    """z = mu + e^(v/2) eps: a draw of N(mu, e^v) for eps ~ N(0, 1).

    mu, log_variance, eps: shapes that broadcast.
    Returns their shape.

    >>> float(reparam_sample(1.0, 0.0, -2.0))
    -1.0
    """
    mu, v, eps = broadcast(
        mu=real("mu", mu), log_variance=real("log_variance", log_variance), eps=real("eps", eps)
    )
    return (mu + np.where(eps == 0, 0.0, np.exp(v / 2) * eps))[()]


@np.errstate(all="ignore")
def reparam_grad(gradient, mu, log_variance, eps):
    """The gradient of h(z) in mu and in v, through z = mu + e^(v/2) eps.

    gradient: h'(z) at the drawn z. mu, log_variance, eps: as above.
    Returns (h'(z), h'(z) e^(v/2) eps / 2).

    >>> [float(s) for s in reparam_grad(2.0, 0.0, 0.0, 3.0)]
    [2.0, 3.0]
    """
    gradient, mu, v, eps = broadcast(
        gradient=real("gradient", gradient),
        mu=real("mu", mu),
        log_variance=real("log_variance", log_variance),
        eps=real("eps", eps),
    )
    return gradient + 0.0, gradient * (0.5 * np.where(eps == 0, 0.0, np.exp(v / 2) * eps))


@np.errstate(all="ignore")
def elbo_mc(logp_xz, logq, axis=-1):
    """The ELBO estimated from draws of z: the mean of log p(x, z) - log q(z), in nats.

    logp_xz, logq: at K draws of q, shape (..., K).
    Returns shape (...).

    >>> float(elbo_mc([-3.0, -5.0], [-1.0, -1.0]))
    -3.0
    """
    a, b = equal_shapes(logp_xz=real("logp_xz", logp_xz), logq=real("logq", logq))
    return (event("logp_xz", a, axis) - b).mean(axis)


@np.errstate(all="ignore")
def elbo_terms(x, decoded, mu, log_variance, likelihood, log_noise=0.0):
    """Reconstruction and KL of a batch: sums over pixels and latents, means over examples.

    x: examples, shape (B, features). decoded: logits (bernoulli) or means (gaussian), the
    same shape. mu, log_variance: of q, shape (B, latent). likelihood: bernoulli or gaussian.
    log_noise: the log variance of a Gaussian likelihood.
    Returns (reconstruction, kl), in nats: -ELBO is their sum.

    >>> terms = elbo_terms([[1.0]], [[0.0]], [[1.0]], [[0.0]], "bernoulli")
    >>> [round(float(t), 6) for t in terms]
    [0.693147, 0.5]
    """
    x, decoded, mu = (real(n, a) for n, a in (("x", x), ("decoded", decoded), ("mu", mu)))
    if x.ndim != 2 or mu.ndim != 2 or len(x) != len(mu) or len(x) == 0:
        raise ShapeError(f"x {x.shape} and mu {mu.shape} must be rows of the same examples")
    equal_shapes(x=x, decoded=decoded)
    mu, log_variance = along(-1, mu=mu, log_variance=real("log_variance", log_variance))
    if chosen("likelihood", likelihood, ("bernoulli", "gaussian")) == "bernoulli":
        reconstruction = bernoulli.negative_log_likelihood(x, decoded)
    else:
        log_noise = number("log_noise", log_noise)
        reconstruction = gaussian.negative_log_likelihood(x, decoded, log_noise)
    return reconstruction.mean(), kl_to_standard_normal(mu, log_variance).mean()


@np.errstate(all="ignore")
def beta_elbo(reconstruction, kl, beta):
    """-(reconstruction + beta KL) of each example, in nats: the ELBO at beta = 1.

    Higgins et al., "beta-VAE" (2017), equation 4.

    >>> float(beta_elbo(80.0, 5.0, 2.0))
    -90.0
    """
    r, k = equal_shapes(reconstruction=real("reconstruction", reconstruction), kl=real("kl", kl))
    return -(r + number("beta", beta) * k)


@np.errstate(all="ignore")
def elbo_surgery(p_x, q_z_given_x, p_z):
    """The decomposition E_x KL(q(z|x) || p(z)) = I_q(x; z) + KL(q(z) || p(z)), on tables.

    p_x: shape (X,). q_z_given_x: rows sum to 1, shape (X, Z). p_z: shape (Z,).
    Returns (mean KL, mutual information, KL of the aggregate), in nats.

    >>> [round(float(v), 6) for v in elbo_surgery([0.5, 0.5], np.eye(2), [0.5, 0.5])]
    [0.693147, 0.693147, 0.0]
    """
    p_x = probabilities("p_x", p_x)
    q = probabilities("q_z_given_x", q_z_given_x)
    p_z = probabilities("p_z", p_z)
    if q.shape != (*p_x.shape, *p_z.shape):
        raise ShapeError(f"q_z_given_x {q.shape} must be {(*p_x.shape, *p_z.shape)}")
    aggregate = p_x @ q
    some = p_x > 0  # an impossible x contributes 0, whatever its q
    # Where p_x q underflows in the aggregate, so does its contribution to the information.
    seen = rel_term(np.where(aggregate > 0, q, 0.0), aggregate)
    total, information = (p_x[some] @ term.sum(-1)[some] for term in (rel_term(q, p_z), seen))
    return total, information, rel_term(aggregate, p_z).sum(-1)


def elbo_hierarchical(p_x_given_1, p_1_given_2, p_2, q_1, q_2_given_1):
    """The ELBO with two layers of latents, on tables, for one x, in nats.

    E_q[ log p(x | z1) + log p(z1 | z2) + log p(z2) - log q(z1) - log q(z2 | z1) ]

    p_x_given_1: shape (Z1,). p_1_given_2: rows z2 sum to 1, (Z2, Z1). p_2: (Z2,).
    q_1: (Z1,). q_2_given_1: rows z1 sum to 1, (Z1, Z2). No zeros in any.
    Returns one number, at most log p(x).

    >>> value = elbo_hierarchical([0.5], [[1.0]], [1.0], [1.0], [[1.0]])
    >>> float(value) == -float(np.log(2))
    True
    """
    likelihood = non_negative("p_x_given_1", p_x_given_1)
    p12, p2 = probabilities("p_1_given_2", p_1_given_2), probabilities("p_2", p_2)
    q1, q21 = probabilities("q_1", q_1), probabilities("q_2_given_1", q_2_given_1)
    if q21.shape != (*q1.shape, *p2.shape) or p12.shape != (*p2.shape, *q1.shape):
        raise ShapeError(f"p_1_given_2 {p12.shape}, q_2_given_1 {q21.shape} do not fit q_1, p_2")
    equal_shapes(p_x_given_1=likelihood, q_1=q1)
    weight = q1[:, None] * q21
    with np.errstate(all="ignore"):
        inside = (
            np.log(likelihood)[:, None] + np.log(p12.T) + np.log(p2) - np.log(q1[:, None])
        ) - np.log(q21)
        return np.where(weight > 0, weight * inside, 0.0).sum()


def iwae(logw, axis=-1):
    """log of the mean of K importance weights: on average a lower bound on log p(x).

    logw: log p(x, z_k) - log q(z_k), shape (..., K).
    Returns shape (...), in nats; the one-sample ELBO at K = 1.

    >>> float(iwae([-2.0, -2.0]))
    -2.0
    """
    return logmeanexp(real("logw", logw, infinite=True), axis)


def iwae_grad_weights(logw, axis=-1):
    """The normalised weights w_k / sum w, the weight of each draw in the gradient.

    logw: shape (..., K).
    Returns shape (..., K), summing to 1.

    >>> iwae_grad_weights([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    return np.exp(log_softmax(real("logw", logw), axis))


@np.errstate(all="ignore")
def anf_onestep(x, encode, decode, log_noise, eps):
    """The log density of one augmented-flow step, which is the VAE's one-draw ELBO.

    x and eps are mapped to z = mu + e^(v/2) eps and then to y = (x - m(z)) e^(-s/2). Both maps are
    affine, so log p(z) + log p(y) - log p(eps) + both log determinants is exact.

    x: shape (d,). encode: x to (mu, v), each (k,). decode: z to m, (d,). log_noise: s.
    eps: shape (k,).
    Returns one number, in nats.

    >>> f = anf_onestep([0.0], lambda x: (0 * x, 0 * x), lambda z: 0 * z, 0.0, [0.3])
    >>> round(float(f), 6)
    -0.918939
    """
    x, eps, s = real("x", x), real("eps", eps), number("log_noise", log_noise)
    x, eps = dimensions("x", x, 1), dimensions("eps", eps, 1)
    mu, v = (real("encode", a) for a in encode(x))
    equal_shapes(eps=eps, encode=mu, log_variance=v)
    z = reparam_sample(mu, v, eps)
    m, _ = equal_shapes(decode=real("decode", decode(z)), x=x)
    # log p(z) - log p(eps) as one product: both squares may overflow
    prior = 0.5 * ((eps - z) * (eps + z)).sum()
    value = gaussian.log_density(x, m, s) + prior + 0.5 * v.sum()
    refuse("eps", value, np.isnan(value), "such that log p(z) - log p(eps) is a number")
    return value


@np.errstate(all="ignore")
def marginal_loglik_quad(loglik, dimension=1, nodes=80):
    """log p(x) = log E_z p(x | z) for z ~ N(0, I) in one or two dimensions, by quadrature.

    loglik: z (n, dimension) to log p(x | z) (n,). nodes: Gauss-Hermite nodes per dimension.
    Returns one number, in nats. The cost is nodes^dimension, which a VAE avoids.

    >>> float(marginal_loglik_quad(lambda z: 0 * z[:, 0]))
    0.0
    """
    dimension, nodes = count("dimension", dimension), count("nodes", nodes)
    refuse("nodes", np.asarray(nodes), nodes > 180 or nodes**dimension > 10**7, "fewer")
    node, weight = gauss_hermite(nodes)
    grids = np.meshgrid(*[node] * dimension, indexing="ij")
    logs = np.meshgrid(*[np.log(weight)] * dimension, indexing="ij")
    z = np.stack([g.ravel() for g in grids], 1)
    total = sum(g.ravel() for g in logs)
    value = logsumexp(real("loglik", loglik(z), infinite=True) + total)
    return np.where(np.abs(value) < 4e-16, 0.0, value)[()]
