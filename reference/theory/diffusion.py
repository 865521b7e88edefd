"""Diffusion: the forward process, its exact reverse, and the optimal denoiser.

    q(x_t | x_0) = N(sqrt(A_t) x_0, (1 - A_t) I),    A_t = prod_{s <= t} (1 - beta_s)
    q(x_t-1 | x_t, x_0) = N(m, B_t I),    B_t = beta_t (1 - A_t-1) / (1 - A_t)
    m = [ sqrt(A_t-1) beta_t x_0 + sqrt(1 - beta_t) (1 - A_t-1) x_t ] / (1 - A_t)

Ho et al., "Denoising Diffusion Probabilistic Models" (2020), equations 2, 4, 6, 7; Nichol &
Dhariwal (2021), equation 17, for the cosine schedule; Song et al., "DDIM" (2021), equations
12, 16; Salimans & Ho (2022) for v. Steps are t = 1 ... T; beta[t - 1] belongs to step t.
"""

import numpy as np

from reference.arrays import (
    broadcast,
    count,
    covariance,
    dimensions,
    inside,
    number,
    positive,
    real,
    refuse,
    whole,
)
from reference.errors import ShapeError


def schedule(kind, T=None, low=1e-4, high=0.02):
    """The variances beta_1 ... beta_T.

    kind: linear from low to high; cosine, at most 0.999; or the values themselves.
    Returns shape (T,), each strictly between 0 and 1.

    >>> schedule("linear", 2).tolist(), schedule([0.5]).tolist()
    ([0.0001, 0.02], [0.5])
    """
    if not isinstance(kind, str):
        beta = dimensions("beta", real("beta", kind), 1)
    elif kind == "linear":
        beta = np.linspace(number("low", low), number("high", high), count("T", T))
    elif kind == "cosine":
        T = count("T", T)
        last = (np.arange(T) / T + 0.008) * (np.pi / 2 / 1.008)
        step = np.pi / 2 / 1.008 / T
        # 1 - cos^2(b) / cos^2(a) = sin(b - a) sin(b + a) / cos^2(a)
        beta = np.minimum(np.sin(step) * np.sin(2 * last + step) / np.cos(last) ** 2, 0.999)
    else:
        raise ValueError(f"kind must be one of linear, cosine, or the values: {kind!r}")
    return inside("beta", beta, 0, 1)


def _log_alpha_bar(beta):
    return np.concatenate([[0.0], np.cumsum(np.log1p(-schedule(beta)))])


def alpha_bar(beta):
    """A_t and 1 - A_t for t = 1 ... T, each to full precision.

    beta: shape (T,).
    Returns two arrays of shape (T,).

    >>> [a.tolist() for a in alpha_bar([0.5, 0.5])]
    [[0.5, 0.25], [0.5, 0.75]]
    """
    log = _log_alpha_bar(beta)[1:]
    return np.exp(log), -np.expm1(log)


def _at(t, beta):
    """A_t, 1 - A_t, A_t-1, 1 - A_t-1, beta_t, shaped like t."""
    beta, log = schedule(beta), _log_alpha_bar(beta)
    t = whole("t", t, 1, len(beta) + 1)
    now, last = log[t], log[t - 1]
    return np.exp(now), -np.expm1(now), np.exp(last), 0.0 - np.expm1(last), beta[t - 1]


@np.errstate(all="ignore")
def snr(beta):
    """A_t / (1 - A_t), the signal-to-noise ratio, decreasing in t.

    >>> snr([0.5]).tolist()
    [1.0]
    """
    signal, noise = alpha_bar(beta)
    return signal / noise


@np.errstate(all="ignore")
def q_xt_given_x0(x0, t, beta):
    """Mean and variance of x_t given x_0.

    x0: any shape. t: steps in 1 ... T, broadcast against x0. beta: shape (T,).
    Returns two arrays of the broadcast shape.

    >>> [float(v) for v in q_xt_given_x0(2.0, 1, [0.75])]
    [1.0, 0.75]
    """
    signal, noise, *_ = _at(t, beta)
    x0, signal, noise = broadcast(x0=real("x0", x0), signal=signal, noise=noise)
    return np.sqrt(signal) * x0, noise + 0.0


@np.errstate(all="ignore")
def q_sample(x0, t, eps, beta):
    """x_t = sqrt(A_t) x_0 + sqrt(1 - A_t) eps.

    x0, eps: shapes that broadcast. t, beta: as above.
    Returns their shape.

    >>> float(q_sample(2.0, 1, 0.0, [0.75]))
    1.0
    """
    mean, variance = q_xt_given_x0(x0, t, beta)
    mean, variance, eps = broadcast(x0=mean, t=variance, eps=real("eps", eps))
    return mean + np.sqrt(variance) * eps


@np.errstate(all="ignore")
def q_posterior(x0, xt, t, beta):
    """Mean and variance of x_t-1 given x_t and x_0; at t = 1 they are x_0 and 0.

    x0, xt: shapes that broadcast. t, beta: as above.
    Returns two arrays of their shape.

    >>> [float(v) for v in q_posterior(2.0, 5.0, 1, [0.75])]
    [2.0, 0.0]
    """
    _, noise, before, noise_before, beta_t = _at(t, beta)
    x0, xt, noise, before, noise_before, beta_t = broadcast(
        x0=real("x0", x0),
        xt=real("xt", xt),
        t=noise,
        before=before,
        noise_before=noise_before,
        beta=beta_t,
    )
    mean = np.sqrt(before) * (beta_t / noise) * x0
    mean = mean + np.sqrt(1 - beta_t) * (noise_before / noise) * xt
    first = noise_before == 0
    return np.where(first, x0, mean)[()], (beta_t * noise_before / noise)[()]


@np.errstate(all="ignore")
def eps_from_x0(x0, xt, t, beta):
    """eps = (x_t - sqrt(A_t) x_0) / sqrt(1 - A_t), the noise that turns x_0 into x_t.

    >>> float(eps_from_x0(2.0, 1.0, 1, [0.75]))
    0.0
    """
    mean, variance = q_xt_given_x0(x0, t, beta)
    mean, variance, xt = broadcast(x0=mean, t=variance, xt=real("xt", xt))
    return (xt - mean) / np.sqrt(variance)


@np.errstate(all="ignore")
def x0_from_eps(eps, xt, t, beta):
    """x_0 = (x_t - sqrt(1 - A_t) eps) / sqrt(A_t), the data that eps turns into x_t.

    >>> float(x0_from_eps(0.0, 1.0, 1, [0.75]))
    2.0
    """
    signal, noise, *_ = _at(t, beta)
    xt, eps, signal, noise = broadcast(
        xt=real("xt", xt), eps=real("eps", eps), t=signal, noise=noise
    )
    return (xt - np.sqrt(noise) * eps) / np.sqrt(signal)


@np.errstate(all="ignore")
def v_param(x0, eps, t, beta):
    """v = sqrt(A_t) eps - sqrt(1 - A_t) x_0.

    >>> float(v_param(0.0, 2.0, 1, [0.75]))
    1.0
    """
    signal, noise, *_ = _at(t, beta)
    x0, eps, signal, noise = broadcast(
        x0=real("x0", x0), eps=real("eps", eps), t=signal, noise=noise
    )
    return np.sqrt(signal) * eps - np.sqrt(noise) * x0


@np.errstate(all="ignore")
def score_from_eps(eps, t, beta):
    """The score of q(x_t | x_0) at the noise eps: -eps / sqrt(1 - A_t).

    >>> round(float(score_from_eps(1.0, 1, [0.25])), 12)
    -2.0
    """
    _, noise, *_ = _at(t, beta)
    eps, noise = broadcast(eps=real("eps", eps), t=noise)
    return -eps / np.sqrt(noise)


@np.errstate(all="ignore")
def simple_weight(t, beta, variance=None):
    """The weight of |eps - eps_hat|^2 in L_t-1: beta^2 / (2 s^2 (1 - beta) (1 - A_t)).

    variance: s^2 of the reverse step, beta_t unless given.

    >>> float(simple_weight(1, [0.5]))
    1.0
    """
    _, noise, _, _, beta_t = _at(t, beta)
    s2 = beta_t if variance is None else positive("variance", variance)
    return beta_t / (2 * s2 * (1 - beta_t)) * (beta_t / noise)


@np.errstate(all="ignore")
def ddim_step(xt, eps, t, beta, eta=0.0, z=0.0):
    """One reverse step, x_t to x_t-1, with eta times the ancestral noise.

    xt, eps: x_t and the predicted noise. z: new standard normal noise, used at eta > 0.
    Returns their shape. At eta = 1 it is a draw from q(x_t-1 | x_t, x_0) at the predicted x_0.

    >>> float(ddim_step(1.0, 0.0, 1, [0.75]))
    2.0
    """
    _, noise, before, noise_before, beta_t = _at(t, beta)
    eta = number("eta", eta)
    refuse("eta", eta, (eta < 0) | (eta > 1), "in [0, 1]")
    deviation = eta * np.sqrt(beta_t * (noise_before / noise))
    x0 = x0_from_eps(eps, xt, t, beta)
    # 1 - A_t-1 less the square of that, where 1 - A_t - beta_t = (1 - beta_t)(1 - A_t-1)
    share = (1 - eta) * (1 + eta) + eta**2 * (1 - beta_t) * (noise_before / noise)
    kept = np.sqrt(noise_before * share)
    x0, eps, z, before, kept, deviation = broadcast(
        xt=x0, eps=real("eps", eps), z=real("z", z), t=before, kept=kept, deviation=deviation
    )
    return np.sqrt(before) * x0 + kept * eps + deviation * z


def _function(cov, signal, noise, f):
    """f(S) for f(v) = 1 / (A v + 1 - A) or v times it, a symmetric matrix.

    By a linear equation, and by eigenvalues where the noise is lost beside a singular A S.
    """
    total = signal * cov + noise * np.eye(len(cov))
    try:
        return np.linalg.solve(total, np.eye(len(cov)) if f(0.0) else cov).T
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(cov)
        return (vectors * f(np.maximum(values, 0))) @ vectors.T


@np.errstate(all="ignore")
def optimal_x0_gaussian(xt, t, mean, cov, beta):
    """E[x_0 | x_t] for x_0 ~ N(mean, cov): the optimal denoiser, which is linear.

    m + sqrt(A) S (A S + (1 - A) I)^-1 (x_t - sqrt(A) m)

    xt: shape (..., d). t: one step. mean: shape (d,). cov: S, shape (d, d).
    Returns shape (..., d).

    >>> optimal_x0_gaussian([1.0], 1, [0.0], [[1.0]], [0.75]).round(12).tolist()
    [0.5]
    """
    signal, noise, *_ = _at(count("t", t), beta)
    mean, cov = dimensions("mean", real("mean", mean), 1), covariance("cov", cov, singular=True)
    xt = real("xt", xt)
    if xt.ndim == 0 or not xt.shape[-1] == len(mean) == len(cov):
        raise ShapeError(f"shapes do not fit: xt {xt.shape}, mean {mean.shape}, cov {cov.shape}")
    gain = np.sqrt(signal) * _function(cov, signal, noise, lambda v: v / (signal * v + noise))
    return mean + (xt - np.sqrt(signal) * mean) @ gain


@np.errstate(all="ignore")
def optimal_eps_gaussian(xt, t, mean, cov, beta):
    """E[eps | x_t] for x_0 ~ N(mean, cov): sqrt(1 - A) (A S + (1 - A) I)^-1 (x_t - sqrt(A) m).

    Arguments as optimal_x0_gaussian. Returns shape (..., d).

    >>> optimal_eps_gaussian([1.0], 1, [0.0], [[0.0]], [0.25]).tolist()
    [2.0]
    """
    signal, noise, *_ = _at(count("t", t), beta)
    mean, cov = dimensions("mean", real("mean", mean), 1), covariance("cov", cov, singular=True)
    xt = real("xt", xt)
    if xt.ndim == 0 or not xt.shape[-1] == len(mean) == len(cov):
        raise ShapeError(f"shapes do not fit: xt {xt.shape}, mean {mean.shape}, cov {cov.shape}")
    back = _function(cov, signal, noise, lambda v: 1 / (signal * v + noise))
    return np.sqrt(noise) * (xt - np.sqrt(signal) * mean) @ back
