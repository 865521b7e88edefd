"""Log-likelihoods of a single number or pixel: a decoder's choices.

    Bernoulli            x a - log(1 + e^a)
    continuous one       the same plus log C(a),  C(a) = a / tanh(a / 2)  (2 at a = 0)
    Gaussian             -1/2 [log 2 pi + v + (x - m)^2 e^-v]
    discretised          log( F((x + 1/255 - m)/s) - F((x - 1/255 - m)/s) )

Loaiza-Ganem & Cunningham, "The continuous Bernoulli" (2019), equation 8; Ho et al. (2020),
equation 13, with F normal; Salimans et al., "PixelCNN++" (2017), equation 2, with F logistic.
"""

import numpy as np

from reference.arrays import along, broadcast, count, event, positive, real, refuse, whole, within
from reference.distance import norm
from reference.errors import DomainError
from reference.normal import _log_mass
from reference.objectives.cross_entropy import cross_entropy
from reference.primitives import LOG_2, log1mexp, log_sigmoid, softplus


@np.errstate(all="ignore")
def bernoulli_loglik(x, logits, strict=False):
    """log p(x | a) = x a - log(1 + e^a) of each entry, in nats.

    x: in [0, 1], or in {0, 1} if strict. logits: a, may be infinite; shapes that broadcast.
    Returns their shape; 0 for a correct infinite logit, -inf for a wrong one.

    >>> float(bernoulli_loglik(1.0, np.inf)), float(bernoulli_loglik(1.0, -np.inf))
    (0.0, -inf)
    """
    x, logits = broadcast(x=within("x", x, 0, 1), logits=real("logits", logits, True))
    if strict:
        refuse("x", x, (x != 0) & (x != 1), "0 or 1")
    on = np.where(x == 0, 0.0, x * log_sigmoid(logits))
    return (on + np.where(x == 1, 0.0, (1 - x) * log_sigmoid(-logits)))[()]


@np.errstate(all="ignore")
def continuous_bernoulli_logC(logits):
    """log of the constant that makes the Bernoulli formula a density on [0, 1].

    C(a) = a / tanh(a / 2), even in a, with the limit 2 at a = 0.

    logits: a, any shape.
    Returns its shape, at least log 2.

    >>> float(continuous_bernoulli_logC(0.0)) == float(np.log(2))
    True
    """
    a = np.abs(real("logits", logits))
    near = np.where(a < 0.02, a, 0.0) ** 2
    series = LOG_2 + np.log1p(near / 12 * (1 - near / 60 * (1 - near / 42)))
    far = np.where(a < 0.02, 1.0, a)
    # log(a / tanh(a/2)) = log a + log(1 + e^-a) - log(1 - e^-a)
    direct = np.log(far) + np.log1p(np.exp(-far)) - np.log(-np.expm1(-far))
    return np.where(a < 0.02, series, direct)[()]


def categorical_loglik(logits, label):
    """log p(y | a) = a_y - log sum exp a, in nats: minus the cross-entropy.

    logits: shape (..., K). label: integers in 0 ... K - 1, shape (...).
    Returns shape (...).

    >>> float(categorical_loglik([0.0, 0.0], 1)) == -float(np.log(2))
    True
    """
    return 0.0 - cross_entropy(logits, label)


def binomial_loglik(k, n, logits):
    """log P(k successes of n) = log (n choose k) + k log s(a) + (n - k) log(1 - s(a)), in nats.

    k, n: integers, 0 <= k <= n. logits: a, may be infinite; shapes that broadcast.
    Returns their shape.

    >>> round(float(np.exp(binomial_loglik(1, 2, 0.0))), 15)
    0.5
    """
    k, n, logits = broadcast(
        k=whole("k", k, 0), n=whole("n", n, 0), logits=real("logits", logits, infinite=True)
    )
    refuse("k", k, k > n, "at most n")
    refuse("n", n, n > 10**7, "at most 10^7")
    logs = np.cumsum(np.log(np.maximum(np.arange(int(n.max(initial=0)) + 1), 1)))
    choose = logs[n] - logs[k] - logs[n - k]
    with np.errstate(all="ignore"):
        on = np.where(k == 0, 0.0, k * log_sigmoid(logits))
        off = np.where(n == k, 0.0, (n - k) * log_sigmoid(-logits))
    return (choose + on + off)[()]


@np.errstate(all="ignore")
def gaussian_loglik(x, mu, log_variance):
    """log N(x; mu, e^v) = -1/2 [log 2 pi + v + (x - mu)^2 e^-v] of each entry, in nats.

    x, mu, log_variance: shapes that broadcast.
    Returns their shape; -inf where the scaled square overflows.

    >>> round(float(gaussian_loglik(0.0, 0.0, 0.0)), 6)
    -0.918939
    """
    x, mu, v = broadcast(
        x=real("x", x), mu=real("mu", mu), log_variance=real("log_variance", log_variance)
    )
    scaled = np.where(x == mu, 0.0, (x - mu) * np.exp(-v / 2))
    return (-0.5 * (np.log(2 * np.pi) + v + scaled**2))[()]


def _bin(x, mu, sigma, levels, name="x"):
    """The ends and the width of each level's bin on [-1, 1] in units of sigma.

    The outer bins are unbounded.
    """
    levels = count("levels", levels, 2)
    x, mu, sigma = broadcast(x=real("x", x), mu=real("mu", mu), sigma=positive("sigma", sigma))
    step = 2 / (levels - 1)
    level = np.round((x + 1) / step)
    off_grid = (np.abs(-1 + level * step - x) > 1e-6) | (level < 0) | (level >= levels)
    refuse(name, x, off_grid, f"one of the {levels} levels from -1 to 1")
    low = np.where(level == 0, -np.inf, (x - step / 2 - mu) / sigma)
    high = np.where(level == levels - 1, np.inf, (x + step / 2 - mu) / sigma)
    width = np.where(np.isinf(low) | np.isinf(high), np.inf, step / sigma)
    return low, high, width


@np.errstate(all="ignore")
def discretized_gaussian_loglik(x, mu, sigma, levels=256):
    """log of the normal mass of x's bin, so that the levels' masses sum to 1, in nats.

    x: one of `levels` equally spaced values from -1 to 1. mu, sigma: shapes that broadcast.
    Returns their shape, without a lower limit far from mu.

    >>> bool(discretized_gaussian_loglik(1.0, -1.0, 0.01) < -19000)
    True
    """
    return _log_mass(*_bin(x, mu, sigma, levels))


@np.errstate(all="ignore")
def log_bins(name, x, mean, log_variance, levels):
    """The same of whole images, by the logarithm of the variance: sums over the last axis.

    name: of x, for what is wrong with it. mean, log_variance: shapes that broadcast, the latter
    in [-1400, 1400], so that the deviation is a number.
    Returns shape (...).

    >>> float(log_bins("x", [1.0], [1.0], -20.0, 17))
    0.0
    """
    given = {name: real(name, x), "mean": real("mean", mean)}
    x, mean, v = along(-1, **given, log_variance=real("log_variance", log_variance))
    refuse("log_variance", v, np.abs(v) > 1400, "in [-1400, 1400]")
    return _log_mass(*_bin(x, mean, np.exp(v / 2), levels, name)).sum(-1)


@np.errstate(all="ignore")
def discretized_logistic_loglik(x, mu, sigma, levels=256):
    """log of the logistic mass of x's bin, in nats.

    x: one of `levels` equally spaced values from -1 to 1. mu, sigma: location and scale.
    Returns their shape.

    >>> bool(np.isclose(discretized_logistic_loglik(-1.0, -1.0, 1e-6), 0.0))
    True
    """
    low, high, width = _bin(x, mu, sigma, levels)
    # s(b) - s(a) = s(b) s(-a) (1 - e^(a - b))
    return (log_sigmoid(high) + log_sigmoid(-low) + log1mexp(-width))[()]


@np.errstate(all="ignore")
def mc_mean(x):
    """The mean of a sample, its standard error, and a 95 % interval by the central limit.

    x: shape (n,), n at least 2.
    Returns (mean, standard error, low, high).

    >>> [float(v) for v in mc_mean([1.0, 3.0])[:2]]
    [2.0, 1.0]
    """
    x = event("x", real("x", x))
    if x.ndim != 1 or len(x) < 2:
        raise DomainError(f"x must have at least 2 entries on one axis: shape {x.shape}")
    mean, apart = x.mean(), x - x[0]
    error = norm(apart - apart.mean()) / np.sqrt((len(x) - 1) * len(x))
    return mean, error, mean - 1.959963984540054 * error, mean + 1.959963984540054 * error


def bernoulli_entropy_floor(x):
    """The minimum of the Bernoulli cross-entropy of grey pixels, sum H(x), in nats; not 0.

    x: pixels in [0, 1], shape (..., features).
    Returns shape (...).

    >>> float(bernoulli_entropy_floor([0.0, 0.5])) == float(np.log(2))
    True
    """
    x = event("x", within("x", x, 0, 1))
    with np.errstate(all="ignore"):
        best = np.log(x) - np.log1p(-x)
    return 0.0 - bernoulli_loglik(x, best).sum(-1)


def softplus_torch(x):
    """Torch's softplus in float64: x itself above its threshold of 20, an error of up to 2e-9.

    >>> bool(softplus(20.5) - softplus_torch(20.5) > 1e-9)
    True
    """
    x = real("x", x)
    return np.where(x > 20, x, softplus(x))[()]
