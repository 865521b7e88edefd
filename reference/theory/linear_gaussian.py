"""The linear Gaussian latent-variable model, in which everything has a closed form.

    z ~ N(0, I),    x | z ~ N(W z + b, s2 I),    x ~ N(b, W W' + s2 I)
    z | x ~ N(M^-1 W'(x - b), s2 M^-1),    M = W'W + s2 I
    log p(x) = ELBO(q) + KL( q(z) || p(z | x) )

Tipping & Bishop, "Probabilistic Principal Component Analysis" (1999), equations 2 to 9; for linear
VAEs Lucas et al., "Don't Blame the ELBO!" (2019).
"""

import numpy as np

from reference.arrays import (
    broadcast,
    count,
    covariance,
    dimensions,
    number,
    positive,
    real,
    refuse,
)
from reference.errors import DomainError, ShapeError
from reference.objectives.gaussian_kl import kl_to_standard_normal


def _model(W, b, s2, x=None):
    W, b = dimensions("W", real("W", W), 2), dimensions("b", real("b", b), 1)
    s2 = positive("s2", number("s2", s2))
    if W.shape[0] != len(b):
        raise ShapeError(f"W {W.shape} and b {b.shape} do not fit")
    if x is None:
        return W, b, s2
    refuse("W", W, np.abs(W) > 1e150, "at most 1e150, as it is squared")
    x = real("x", x)
    if x.ndim == 0 or x.shape[-1] != len(b):
        raise ShapeError(f"x {x.shape} and b {b.shape} do not fit")
    return W, b, s2, x


@np.errstate(all="ignore")
def linear_gaussian_marginal(W, b, s2):
    """Mean and covariance of x.

    W: loadings, shape (d, k). b: offset, shape (d,). s2: variance of the noise.
    Returns shapes (d,) and (d, d).

    >>> [a.tolist() for a in linear_gaussian_marginal([[2.0]], [1.0], 0.5)]
    [[1.0], [[4.5]]]
    """
    W, b, s2 = _model(W, b, s2)
    return b, W @ W.T + s2 * np.eye(len(b))


@np.errstate(all="ignore")
def linear_gaussian_posterior(x, W, b, s2):
    """Mean and covariance of z given x.

    x: shape (..., d); W, b, s2 as above.
    Returns shapes (..., k) and (k, k).

    >>> mean, cov = linear_gaussian_posterior([2.0], [[1.0]], [0.0], 1.0)
    >>> [round(float(v.item()), 12) for v in (mean, cov)]
    [1.0, 0.5]
    """
    W, b, s2, x = _model(W, b, s2, x)
    # Singular values, not W'W: squaring would halve the precision for a small s2.
    u, s, vt = np.linalg.svd(W, full_matrices=True)
    full = np.zeros(W.shape[1])
    full[: len(s)] = s
    mean = ((x - b) @ u[:, : len(s)] * (s / (s**2 + s2))) @ vt[: len(s)]
    return mean, (vt.T * (s2 / (full**2 + s2))) @ vt


@np.errstate(all="ignore")
def linear_gaussian_loglik(x, W, b, s2):
    """log p(x), in nats.

    x: shape (..., d); W, b, s2 as above.
    Returns shape (...).

    >>> round(float(linear_gaussian_loglik([0.0], [[1.0]], [0.0], 1.0)), 6)
    -1.265512
    """
    W, b, s2, x = _model(W, b, s2, x)
    u, s, _ = np.linalg.svd(W, full_matrices=True)
    variance = np.full(len(b), s2)
    variance[: len(s)] += s**2
    rotated = (x - b) @ u
    return -0.5 * (np.log(2 * np.pi) + np.log(variance) + rotated**2 / variance).sum(-1)


@np.errstate(all="ignore")
def elbo_linear_gaussian(x, W, b, s2, mu, log_variance):
    """The evidence lower bound for a diagonal q(z) = N(mu, e^v), in closed form, in nats.

    x: shape (..., d). W, b, s2 as above. mu, log_variance: of q, shape (..., k).
    Returns shape (...), at most log p(x).

    >>> value = elbo_linear_gaussian([2.0], [[1.0]], [0.0], 1.0, [1.0], [np.log(0.5)])
    >>> bool(np.isclose(value, linear_gaussian_loglik([2.0], [[1.0]], [0.0], 1.0)))
    True
    """
    W, b, s2, x = _model(W, b, s2, x)
    mu, v = broadcast(mu=real("mu", mu), log_variance=real("log_variance", log_variance))
    if mu.ndim == 0 or mu.shape[-1] != W.shape[1]:
        raise ShapeError(f"mu {mu.shape} and W {W.shape} do not fit")
    broadcast(x=x[..., 0], mu=mu[..., 0])
    residual = ((x - b - mu @ W.T) ** 2).sum(-1) + (np.exp(v) * (W**2).sum(0)).sum(-1)
    reconstruction = -0.5 * (len(b) * (np.log(2 * np.pi) + np.log(s2)) + residual / s2)
    return reconstruction - kl_to_standard_normal(mu, v)


@np.errstate(all="ignore")
def ppca_optimum(cov, k):
    """The maximum-likelihood linear Gaussian model of data with a given covariance.

    W = U_k (L_k - s2 I)^1/2, s2 the mean of the d - k smallest eigenvalues. A direction whose
    eigenvalue does not exceed s2 collapses: its column of W is 0.

    cov: covariance of the data, shape (d, d). k: latent size, in 1 ... d - 1.
    Returns (W, s2, values): shapes (d, k), () and (d,), the eigenvalues in decreasing order.

    >>> W, s2, _ = ppca_optimum([[3.0, 0.0], [0.0, 1.0]], 1)
    >>> np.abs(W).round(12).tolist(), float(s2)
    ([[1.414213562373], [0.0]], 1.0)
    """
    cov = covariance("cov", cov, singular=True)
    k = count("k", k)
    if k >= len(cov):
        raise DomainError(f"k must be below the size of cov: k = {k}, size {len(cov)}")
    values, vectors = np.linalg.eigh(cov)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    s2 = values[k:].mean()
    return vectors[:, :k] * np.sqrt(np.maximum(values[:k] - s2, 0)), s2, values


def pca_floor(cov, k):
    """The minimal mean squared error of a linear autoencoder with k latents.

    cov: covariance of the data, shape (d, d). k: latent size, in 0 ... d.
    Returns the sum of the d - k smallest eigenvalues. Baldi & Hornik (1989), theorem.

    >>> float(pca_floor([[3.0, 0.0], [0.0, 1.0]], 1))
    1.0
    """
    cov = covariance("cov", cov, singular=True)
    k = count("k", k, 0)
    if k > len(cov):
        raise DomainError(f"k must be at most the size of cov: k = {k}, size {len(cov)}")
    return np.maximum(np.linalg.eigvalsh(cov)[: len(cov) - k], 0).sum()
