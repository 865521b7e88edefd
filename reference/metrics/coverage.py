"""Which modes of a known mixture the samples lose, and how far they are from its density.

    mode of x = argmin_k |x - m_k|,    good: |x - m_k| <= 3 sigma of its mode
    lost: a mode with less than a quarter of its share of the samples

Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2018),
section 4.1: a mode is hit (there: covered) if one of its samples is good.
"""

import numpy as np

from reference.arrays import (
    count,
    dimensions,
    non_negative,
    number,
    positive,
    probabilities,
    refuse,
    samples,
    two_samples,
)
from reference.distance import distances, norm
from reference.errors import ShapeError
from reference.metrics.histogram import kl
from reference.quadrature import gauss_legendre
from reference.theory.divergences import jsd

RADIUS = 3  # standard deviations
SHELLS = 4  # of a mode, of equal probability


@np.errstate(all="ignore")
def mode_histogram(x, means):
    """How many samples are nearest to each mode; a tie goes to the first.

    x: samples, shape (n, d). means: modes m, shape (K, d).
    Returns counts, shape (K,).

    >>> mode_histogram([[0.1], [0.9], [1.2]], [[0.0], [1.0]]).tolist()
    [1, 2]
    """
    nearest = distances(x=x, means=means).argmin(1)
    return np.bincount(nearest, minlength=len(means))


@np.errstate(all="ignore")
def modes_hit(x, means, scale):
    """How many modes have a sample of their own within three standard deviations.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns a number in 0 ... K.

    >>> modes_hit([[0.1], [2.0]], [[0.0], [1.0]], 0.1)
    1
    """
    apart, scale = distances(x=x, means=means), positive("scale", number("scale", scale))
    good = apart.min(1) / scale <= RADIUS
    return len(np.unique(apart.argmin(1)[good]))


@np.errstate(all="ignore")
def modes_lost(counts, shares):
    """How many modes have less than a quarter of the samples that are theirs.

    counts: samples per mode, shape (K,), not all zero.
    shares: the truth, shape (K,), summing to 1.
    Returns a number in 0 ... K.

    >>> modes_lost([70, 20, 10], [0.25, 0.25, 0.5])
    1
    """
    counts = dimensions("counts", non_negative("counts", counts), 1)
    refuse("sum of counts", counts.sum(), counts.sum() <= 0, "above 0")
    shares = probabilities("shares", shares)
    if counts.shape != shares.shape:
        raise ShapeError(f"counts {counts.shape} and shares {shares.shape} differ in shape")
    return int(np.count_nonzero(4 * counts < shares * counts.sum()))


@np.errstate(all="ignore")
def cell_histogram(x, means, scale):
    """How many samples lie in each cell of each mode: SHELLS that are equally likely, and beyond.

    The shell of a sample is told by the probability F of a point nearer to the mode than it,
    among SHELLS equal parts of that of 0 <= r <= 3.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns counts, shape (K (SHELLS + 1),), mode by mode, from within.

    >>> cell_histogram([[0.0], [0.1], [0.25], [9.0]], [[0.0]], 0.1).tolist()
    [1, 0, 1, 1, 1]
    """
    apart, scale = distances(x=x, means=means), positive("scale", number("scale", scale))
    features, modes = samples("means", means).shape[1], apart.shape[1]
    counts = np.zeros((modes, SHELLS + 1), dtype=np.int64)
    edges = np.arange(1, SHELLS) / SHELLS * _nearer(RADIUS, features)
    for row in apart:
        r = row.min() / scale
        shell = SHELLS
        if r <= RADIUS:
            shell = int((_nearer(r, features) > edges).sum()) if r > 0 else 0
        counts[row.argmin(), shell] += 1
    return counts.ravel()


def cell_shares(modes, features):
    """The shares of these cells under the mixture, of modes that are far apart.

    modes: K. features: d.
    Returns shape (K (SHELLS + 1),), summing to 1.

    >>> (5 * cell_shares(5, 2)).round(4)[:5].tolist()
    [0.2472, 0.2472, 0.2472, 0.2472, 0.0111]
    """
    modes, within = count("modes", modes), _nearer(RADIUS, count("features", features))
    return np.tile(np.append(np.full(SHELLS, within / SHELLS), 1 - within), modes) / modes


def _nearer(r, features):
    """The probability that d standard normal numbers have a length below r > 0."""
    peak = np.sqrt(features - 1)  # of r^(d-1) exp(-r^2/2), whose width is about 1 for every d
    whole = np.sort([1.0, 3.0, *(peak + np.array([-9.0, -3.0, 0.0, 3.0, 9.0, 38.0]))])

    def mass(breaks):
        node, weight = gauss_legendre(np.unique(np.clip([0.0, *breaks], 0, None)))
        scaled = node / max(peak, 1.0)
        return weight @ np.exp((features - 1) * np.log(scaled) - (node**2 - peak**2) / 2)

    return mass(np.append(whole[whole < r], r)) / mass(whole)


@np.errstate(all="ignore")
def jensen_shannon(counts, shares):
    """Jensen-Shannon divergence of the counts' shares and given shares, in nats.

    counts: per cell, shape (C,), not all zero. shares: shape (C,), summing to 1.
    Returns one number, 0 to log 2.

    >>> float(jensen_shannon([3, 0], [0.0, 1.0])) == float(np.log(2))
    True
    """
    counts = dimensions("counts", non_negative("counts", counts), 1)
    refuse("sum of counts", counts.sum(), counts.sum() <= 0, "above 0")
    shares = probabilities("shares", shares)
    if counts.shape != shares.shape:
        raise ShapeError(f"counts {counts.shape} and shares {shares.shape} differ in shape")
    return jsd(counts / counts.sum(), shares)


@np.errstate(all="ignore")
def energy_distance(x, y):
    """2 E|x - y| - E|x - x'| - E|y - y'| over pairs of different samples.

    Szekely & Rizzo, "Energy statistics" (2013), section 1; the two last means are over i != j.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number, negative at times.

    >>> float(energy_distance([[0.0], [0.0]], [[1.0], [1.0]]))
    2.0
    """
    x, y = two_samples(2, x=x, y=y)
    within = [np.mean([norm(a - b) for i, a in enumerate(z) for b in z[:i]]) for z in (x, y)]
    return 2 * distances(x=x, y=y).mean() - sum(within)


@np.errstate(all="ignore")
def good_share(x, means, scale):
    """Share of samples within three standard deviations of some mode.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns a number in [0, 1]; 1 - exp(-9/2) for true samples in two dimensions.

    >>> float(good_share([[0.1], [2.0]], [[0.0], [1.0]], 0.1))
    0.5
    """
    scale = positive("scale", number("scale", scale))
    return (distances(x=x, means=means).min(1) / scale <= RADIUS).mean()


@np.errstate(all="ignore")
def mode_width(x, means, scale):
    """Standard deviation of good samples about the mean of their mode, over that of true ones.

    The radius r of d normal numbers has a density like r^(d-1) exp(-r^2/2); v, the mean of r^2
    over 0 <= r <= 3 divided by d, is the variance that good samples of the truth have.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns one number; nan where no mode has two good samples.

    >>> round(float(mode_width([[-1.0], [1.0], [50.0]], [[0.0]], 2.0 ** 0.5)), 2)
    1.01
    """
    apart, x = distances(x=x, means=means), samples("x", x)
    scale = positive("scale", number("scale", scale))
    nearest, good = apart.argmin(1), apart.min(1) / scale <= RADIUS
    groups = [x[good & (nearest == k)] for k in range(len(means))]
    centred = [(g - g[0]) / scale for g in groups if len(g)]
    off = np.concatenate([g - g.mean(0) for g in centred] or [np.zeros((1, 1))])
    free = x.shape[1] * sum(len(g) - 1 for g in groups if len(g))
    if not free:
        return np.nan
    r, weights = gauss_legendre([0.0, RADIUS])
    density = weights * r ** (x.shape[1] - 1) * np.exp(-(r**2) / 2)
    kept = (density * r**2).sum() / density.sum() / x.shape[1]
    return norm(off.ravel()) / np.sqrt(free * kept)


def reverse_kl(counts, shares):
    """KL of the samples' shares of the modes from the true shares, in nats.

    counts: samples per mode, shape (K,). shares: the truth, shape (K,), summing to 1.
    Returns one number, at least 0.

    >>> float(reverse_kl([5, 5], [0.5, 0.5]))
    0.0
    """
    return kl(counts, shares)
