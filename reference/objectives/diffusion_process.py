"""The forward and the reverse process of diffusion, from the variances of Ho et al.

    A = 1 / (1 + e^-l),    beta_t = 1 - A_t / A_t-1

and then as in reference/theory/diffusion.py: Ho, Jain & Abbeel, "Denoising Diffusion
Probabilistic Models" (2020), equations 4 to 7, with two steps in place of T: A_t-1 is reached in
one step of variance 1 - A_t-1, and A_t in one more.
"""

import numpy as np

from reference.arrays import along, broadcast, chosen, count, number, real, refuse, within
from reference.primitives import log1mexp, log_sigmoid
from reference.theory.diffusion import schedule

KINDS = ("linear", "cosine", "log_snr")


def log_snr_schedule(kind, steps, device=None):
    """l_t = log A_t - log(1 - A_t) for t = 1 ... T, shape (steps,).

    kind: linear, cosine or log_snr. steps: T. device: an argument of the twin, not used here.

    >>> log_snr_schedule("log_snr", 3).tolist()
    [8.0, 1.0, -6.0]
    """
    steps = count("steps", steps)
    if chosen("kind", kind, KINDS) == "log_snr":
        return np.linspace(8.0, -6.0, steps)
    if kind == "linear":
        beta = np.minimum(np.linspace(0.1 / steps, 20 / steps, steps), 0.999)
    else:
        beta = schedule(kind, steps)
    log_signal = np.cumsum(np.log1p(-beta))
    return log_signal - np.log(-np.expm1(log_signal))


def _shares(log_snr):
    """sqrt A and sqrt(1 - A)."""
    log_snr = real("log_snr", log_snr, infinite=True)
    return np.exp(0.5 * log_sigmoid(log_snr)), np.exp(0.5 * log_sigmoid(-log_snr))


def _fitting(log_snr, **arrays):
    """The arrays, sqrt A and sqrt(1 - A), in one shape."""
    log_snr = real("log_snr", log_snr, infinite=True)
    arrays = {name: real(name, a) for name, a in arrays.items()}
    *found, log_snr = broadcast(**arrays, log_snr=log_snr)
    return *found, *_shares(log_snr)


@np.errstate(all="ignore")
def noised(x, noise, log_snr):
    """x_t = sqrt(A) x_0 + sqrt(1 - A) e.

    x, noise, log_snr: shapes that broadcast. Returns their shape.

    >>> round(float(noised(1.0, 1.0, 0.0)), 12) == round(2**0.5, 12)
    True
    """
    x, noise, signal, deviation = _fitting(log_snr, x=x, noise=noise)
    return signal * x + deviation * noise


@np.errstate(all="ignore")
def clean(xt, noise, log_snr):
    """x_0 = (x_t - sqrt(1 - A) e) / sqrt(A), the data that this noise turns into x_t.

    xt, noise, log_snr: shapes that broadcast. Returns their shape.

    >>> round(float(clean(noised(3.0, 1.0, 0.5), 1.0, 0.5)), 12)
    3.0
    """
    xt, noise, signal, deviation = _fitting(log_snr, xt=xt, noise=noise)
    levels = real("log_snr", log_snr, infinite=True)
    refuse("log_snr", levels, levels < -1400, "at least -1400")
    return (xt - deviation * noise) / signal


@np.errstate(all="ignore")
def noise_of(xt, x, log_snr):
    """e = (x_t - sqrt(A) x_0) / sqrt(1 - A), the noise that turns x_0 into x_t.

    xt, x, log_snr: shapes that broadcast. Returns their shape.

    >>> round(float(noise_of(noised(3.0, 1.0, 0.5), 3.0, 0.5)), 12)
    1.0
    """
    xt, x, signal, deviation = _fitting(log_snr, xt=xt, x=x)
    levels = real("log_snr", log_snr, infinite=True)
    refuse("log_snr", levels, levels > 1400, "at most 1400")
    return (xt - signal * x) / deviation


def _beta(log_snr, log_snr_before):
    """log of beta_t = 1 - A_t / A_t-1 = (1 - A_t)(1 - e^(l_t - l_t-1)), without cancellation."""
    now, before = real("log_snr", log_snr), real("log_snr_before", log_snr_before, infinite=True)
    refuse("log_snr_before", before, now > before, "at least log_snr")
    return log_sigmoid(-now) + log1mexp(now - before)


@np.errstate(all="ignore")
def step_kl(noise, predicted, log_snr, log_snr_before):
    """KL( q(x_t-1 | x_t, x_0) || q(x_t-1 | x_t, x_0') ) of each example, in nats.

    Both posteriors depend on x_t in the same way, so its value does not matter.

    noise, predicted: e and e', shape (..., features). log_snr, log_snr_before: l_t and l_t-1, the
    latter at least the former, shape () or (...). Returns shape (...).

    >>> round(float(step_kl([1.0], [0.0], 0.0, np.log(3.0))), 12)
    1.0
    """
    noise, predicted = along(
        -1, noise=real("noise", noise), predicted=real("predicted", predicted)
    )
    now, before = real("log_snr", log_snr), real("log_snr_before", log_snr_before)
    # Ho et al., equation 12: beta^2 / (2 s^2 alpha (1 - A_t)), alpha = A_t / A_t-1 and s^2 the
    # posterior's variance beta (1 - A_t-1) / (1 - A_t), in logarithms as each may underflow.
    weight = _beta(now, before) + log_sigmoid(before) - log_sigmoid(-before) - log_sigmoid(now)
    apart = np.abs(noise - predicted)
    weight, _ = broadcast(log_snr=weight, noise=apart[..., 0])
    root = np.exp(0.25 * weight)[..., None]  # the weight may overflow where the square does not
    scaled = np.where(apart == 0, 0.0, root * apart * root)
    return 0.5 * (scaled**2).sum(-1)


@np.errstate(all="ignore")
def reverse_step(xt, predicted, fresh, log_snr, log_snr_before, eta):
    """x_t-1 from x_t: the predicted x_0 with noise of level t - 1, of which new noise has eta
    times the posterior's standard deviation, and the predicted noise is the rest.

    xt, predicted, fresh, log_snr, log_snr_before: shapes that broadcast. eta: in [0, 1].
    Returns their shape.

    >>> float(reverse_step(1.0, 0.0, 5.0, 0.0, np.inf, 1.0).round(12)) == round(2**0.5, 12)
    True
    """
    now, before = real("log_snr", log_snr), real("log_snr_before", log_snr_before, infinite=True)
    xt, predicted, fresh, now, before = broadcast(
        xt=real("xt", xt),
        predicted=real("predicted", predicted),
        fresh=real("fresh", fresh),
        log_snr=now,
        log_snr_before=before,
    )
    refuse("log_snr_before", before, now > before, "at least log_snr")
    eta = within("eta", number("eta", eta), 0, 1)
    x, (signal, deviation) = clean(xt, predicted, now), _shares(before)
    # The posterior's variance is (1 - A_t-1) (1 - e^(l_t - l_t-1)): eta^2 of it is drawn anew.
    kept = np.sqrt((1 - eta) * (1 + eta) + eta**2 * np.exp(now - before))
    drawn = eta * np.sqrt(-np.expm1(now - before))
    return signal * x + deviation * (kept * predicted + drawn * fresh)
