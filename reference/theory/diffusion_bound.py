"""The bound that a diffusion model minimises, term by term.

    -log p(x_0) <= L_0 + L_1 + ... + L_T
    L_T = KL( q(x_T | x_0) || N(0, I) ),    L_0 = -log p(x_0 | x_1)
    L_t-1 = KL( q(x_t-1 | x_t, x_0) || p(x_t-1 | x_t) )

Ho et al., "Denoising Diffusion Probabilistic Models" (2020), equations 5 and 13.
"""

import numpy as np

from reference.arrays import along, chosen, count, event, number, positive, real
from reference.errors import ShapeError
from reference.primitives import log1mexp
from reference.theory.diffusion import (
    alpha_bar,
    q_posterior,
    q_sample,
    q_xt_given_x0,
    schedule,
    x0_from_eps,
)
from reference.theory.kl import kl_diag
from reference.theory.likelihood import log_bins


@np.errstate(all="ignore")
def vlb_prior(x0, beta):
    """L_T = KL( q(x_T | x_0) || N(0, I) ) of each example, in nats.

    x0: shape (..., d). beta: shape (T,).
    Returns shape (...).

    >>> bool(vlb_prior([0.0], [0.999999]) < 1e-6)
    True
    """
    mean, _ = q_xt_given_x0(event("x0", real("x0", x0)), len(schedule(beta)), beta)
    # log(1 - A_T) from log A_T: exact also where A_T is below the rounding of 1.
    return kl_diag(mean, log1mexp(np.log1p(-schedule(beta)).sum()), 0.0, 0.0)


def _log_posterior(t, beta):
    """log B_t for t >= 2 as a sum, since the product of two small variances may underflow."""
    noise = np.log(alpha_bar(beta)[1])
    return np.log(schedule(beta)[t - 1]) + noise[t - 2] - noise[t - 1]


@np.errstate(all="ignore")
def vlb_step(x0, xt, t, mean, log_variance, beta):
    """L_t-1 = KL( q(x_t-1 | x_t, x_0) || N(mean, e^log_variance) ) for t >= 2, in nats.

    x0, xt: shape (..., d). t: one step, at least 2. mean, log_variance: of the model's step.
    Returns shape (...).

    >>> m, v = q_posterior(np.ones(1), np.ones(1), 2, [0.5, 0.5])
    >>> bool(vlb_step([1.0], [1.0], 2, m, np.log(v), [0.5, 0.5]) < 1e-30)
    True
    """
    t = count("t", t, 2)
    true_mean, _ = q_posterior(x0, xt, t, beta)
    true_mean, mean, log_variance = along(
        -1,
        x0=true_mean,
        mean=real("mean", mean),
        log_variance=real("log_variance", log_variance),
    )
    return kl_diag(true_mean, _log_posterior(t, beta), mean, log_variance)


@np.errstate(all="ignore")
def vlb_decoder(x0, mean, log_variance, levels=256):
    """L_0 = -log p(x_0 | x_1), a discretised Gaussian summed over pixels, in nats.

    x0: pixels on the grid of levels in [-1, 1], shape (..., d). mean, log_variance: of p.
    Returns shape (...).

    >>> bool(vlb_decoder([1.0], [1.0], np.log(1e-8)) < 1e-12)
    True
    """
    return 0.0 - log_bins("x0", x0, mean, log_variance, levels)


@np.errstate(all="ignore")
def vlb_terms(x0, eps, predict, beta, variance="posterior", levels=256):
    """Every term of the bound on -log p(x_0), with one draw of noise per step, in nats.

    x0: pixels on the grid of levels, shape (..., d). eps: noise, shape (T, ..., d).
    predict: (x_t, t) to the predicted noise. variance: that of the reverse steps, posterior (B_t)
    or beta (beta_t); step 1 uses beta_1.
    Returns shape (T + 1, ...): L_0, L_1 ... L_T-1, L_T. Their sum bounds -log p(x_0).

    >>> vlb_terms([1.0], [[0.0]], lambda x, t: 0 * x, [0.5]).shape
    (2,)
    """
    chosen("variance", variance, ("posterior", "beta"))
    x0, eps, beta = real("x0", x0), real("eps", eps), schedule(beta)
    if eps.shape != (len(beta), *x0.shape):
        raise ShapeError(f"eps {eps.shape} must be {(len(beta), *x0.shape)}")
    signal, noise = alpha_bar(beta)
    terms = []
    for t in range(1, len(beta) + 1):
        xt = q_sample(x0, t, eps[t - 1], beta)
        guessed = real("predict", predict(xt, t))
        if t == 1:
            guess = x0_from_eps(guessed, xt, t, beta)
            terms.append(vlb_decoder(x0, guess, np.log(beta[0]) + 0 * guess, levels))
            continue
        # Both means hold the same x_t: they differ as the noises do, by which x_0 is told.
        apart = np.sqrt(signal[t - 2] / signal[t - 1]) * (beta[t - 1] / np.sqrt(noise[t - 1]))
        true = _log_posterior(t, beta) + 0 * x0
        model = true if variance == "posterior" else np.log(beta[t - 1]) + 0 * x0
        terms.append(kl_diag(apart * (eps[t - 1] - guessed), true, 0.0, model))
    return np.stack([*terms, vlb_prior(x0, beta)])


@np.errstate(all="ignore")
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
    # log(A v + 1 - A) is log(1 + A (v - 1)) near unit variance, and exactly 0 there.
    change = signal * (variance - 1)
    last = np.log1p(change) if abs(change) < 0.5 else np.log(signal * variance + noise)
    return kl_diag([0.0], [last], [0.0], [0.0])
