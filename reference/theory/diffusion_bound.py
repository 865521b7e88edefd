"""The bound that a diffusion model minimises, term by term.

    -log p(x_0) <= L_0 + L_1 + ... + L_T
    L_T = KL( q(x_T | x_0) || N(0, I) ),    L_0 = -log p(x_0 | x_1)
    L_t-1 = KL( q(x_t-1 | x_t, x_0) || p(x_t-1 | x_t) )

Ho et al., "Denoising Diffusion Probabilistic Models" (2020), equations 5 and 13.
"""

import numpy as np

from reference.arrays import number, positive, real, whole
from reference.errors import ShapeError
from reference.theory.diffusion import (
    alpha_bar,
    q_posterior,
    q_sample,
    q_xt_given_x0,
    schedule,
    x0_from_eps,
)
from reference.theory.kl import kl_diag
from reference.theory.likelihood import discretized_gaussian_loglik


def vlb_prior(x0, beta):
    """L_T = KL( q(x_T | x_0) || N(0, I) ) of each example, in nats.

    x0: shape (..., d). beta: shape (T,).
    Returns shape (...).

    >>> bool(vlb_prior([0.0], [0.999999]) < 1e-6)
    True
    """
    mean, variance = q_xt_given_x0(x0, len(schedule(beta)), beta)
    return kl_diag(mean, np.log(variance), 0.0, 0.0)


def vlb_step(x0, xt, t, mean, log_variance, beta):
    """L_t-1 = KL( q(x_t-1 | x_t, x_0) || N(mean, e^log_variance) ) for t >= 2, in nats.

    x0, xt: shape (..., d). t: one step, at least 2. mean, log_variance: of the model's step.
    Returns shape (...).

    >>> m, v = q_posterior(np.ones(1), np.ones(1), 2, [0.5, 0.5])
    >>> float(vlb_step([1.0], [1.0], 2, m, np.log(v), [0.5, 0.5]))
    0.0
    """
    whole("t", t, 2)
    true_mean, true_variance = q_posterior(x0, xt, t, beta)
    return kl_diag(true_mean, np.log(true_variance), mean, log_variance)


def vlb_decoder(x0, mean, log_variance, levels=256):
    """L_0 = -log p(x_0 | x_1), a discretised Gaussian summed over pixels, in nats.

    x0: pixels on the grid of levels in [-1, 1], shape (..., d). mean, log_variance: of p.
    Returns shape (...).

    >>> bool(vlb_decoder([1.0], [1.0], np.log(1e-8)) < 1e-12)
    True
    """
    deviation = np.exp(real("log_variance", log_variance) / 2)
    return 0.0 - discretized_gaussian_loglik(x0, mean, deviation, levels).sum(-1)


def vlb_terms(x0, eps, predict, beta, variance="posterior", levels=256):
    """Every term of the bound on -log p(x_0), with one draw of noise per step, in nats.

    x0: pixels on the grid of levels, shape (..., d). eps: noise, shape (T, ..., d).
    predict: (x_t, t) to the predicted noise. variance: that of the reverse steps, posterior (B_t)
    or beta (beta_t); step 1 uses beta_1.
    Returns shape (T + 1, ...): L_0, L_1 ... L_T-1, L_T. Their sum bounds -log p(x_0).

    >>> vlb_terms([1.0], [[0.0]], lambda x, t: 0 * x, [0.5]).shape
    (2,)
    """
    if variance not in ("posterior", "beta"):
        raise ValueError(f"variance must be one of posterior, beta: {variance!r}")
    x0, eps, beta = real("x0", x0), real("eps", eps), schedule(beta)
    if eps.shape != (len(beta), *x0.shape):
        raise ShapeError(f"eps {eps.shape} must be {(len(beta), *x0.shape)}")
    terms = []
    for t in range(1, len(beta) + 1):
        xt = q_sample(x0, t, eps[t - 1], beta)
        guess = x0_from_eps(predict(xt, t), xt, t, beta)
        mean, posterior = q_posterior(guess, xt, t, beta)
        s2 = beta[t - 1] if variance == "beta" or t == 1 else posterior
        log_s2 = np.log(s2) + 0 * mean
        terms.append(
            vlb_decoder(x0, mean, log_s2, levels)
            if t == 1
            else vlb_step(x0, xt, t, mean, log_s2, beta)
        )
    return np.stack([*terms, vlb_prior(x0, beta)])


def gaussian_bound_gap(variance, beta):
    """The bound under the exact reverse process minus the entropy of N(0, variance) data.

    It equals KL( q(x_T) || N(0, 1) ): the only loss is that x_T is not yet N(0, 1).

    variance: of the data, one number. beta: shape (T,).
    Returns one number, at least 0, in nats.

    >>> float(gaussian_bound_gap(1.0, [0.5, 0.1]))
    0.0
    """
    signal, noise = (a[-1] for a in alpha_bar(beta))
    variance = positive("variance", number("variance", variance))
    # log(A v + 1 - A) = log(1 + A (v - 1)): exactly 0 for unit variance.
    return kl_diag([0.0], [np.log1p(signal * (variance - 1))], [0.0], [0.0]) + 0 * noise
