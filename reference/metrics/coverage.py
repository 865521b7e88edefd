"""Which modes of a known mixture the samples reach, and how evenly.

    mode of x = argmin_k |x - m_k|,    good: |x - m_k| <= 3 sigma of its mode

Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2018),
section 4.1: a mode is covered if one of its samples is good.
"""

import numpy as np

from reference.arrays import positive, samples
from reference.errors import ShapeError
from reference.metrics.histogram import kl
from reference.quadrature import gauss_legendre

RADIUS = 3  # standard deviations


def _distances(x, means):
    x, means = samples("x", x), samples("means", means)
    if x.shape[1] != means.shape[1]:
        raise ShapeError(f"x {x.shape} and means {means.shape} differ in their last axis")
    return np.stack([np.sqrt(((x - m) ** 2).sum(1)) for m in means], 1)


def mode_histogram(x, means):
    """How many samples are nearest to each mode; a tie goes to the first.

    x: samples, shape (n, d). means: modes m, shape (K, d).
    Returns counts, shape (K,).

    >>> mode_histogram([[0.1], [0.9], [1.2]], [[0.0], [1.0]]).tolist()
    [1, 2]
    """
    nearest = _distances(x, means).argmin(1)
    return np.bincount(nearest, minlength=len(means))


def modes_covered(x, means, scale):
    """How many modes have a sample of their own within three standard deviations.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns a number in 0 ... K.

    >>> modes_covered([[0.1], [2.0]], [[0.0], [1.0]], 0.1)
    1
    """
    distances = _distances(x, means)
    good = distances.min(1) <= RADIUS * positive("scale", scale)
    return len(np.unique(distances.argmin(1)[good]))


def good_share(x, means, scale):
    """Share of samples within three standard deviations of some mode.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns a number in [0, 1]; 1 - exp(-9/2) for true samples in two dimensions.

    >>> float(good_share([[0.1], [2.0]], [[0.0], [1.0]], 0.1))
    0.5
    """
    return (_distances(x, means).min(1) <= RADIUS * positive("scale", scale)).mean()


def mode_width(x, means, scale):
    """Standard deviation of good samples about the mean of their mode, over that of true ones.

    The radius r of d normal numbers has a density like r^(d-1) exp(-r^2/2); v, the mean of r^2
    over 0 <= r <= 3 divided by d, is the variance that good samples of the truth have.

    x: samples, shape (n, d). means: modes m, shape (K, d). scale: sigma.
    Returns one number; nan where no mode has two good samples.

    >>> round(float(mode_width([[-1.0], [1.0], [50.0]], [[0.0]], 2.0 ** 0.5)), 2)
    1.01
    """
    distances, x = _distances(x, means), samples("x", x)
    nearest, good = distances.argmin(1), distances.min(1) <= RADIUS * positive("scale", scale)
    groups = [x[good & (nearest == k)] for k in range(len(means))]
    squares = sum(((g - g.mean(0)) ** 2).sum() for g in groups if len(g))
    free = x.shape[1] * sum(len(g) - 1 for g in groups if len(g))
    if not free:
        return np.nan
    r, weights = gauss_legendre([0.0, RADIUS])
    density = weights * r ** (x.shape[1] - 1) * np.exp(-(r**2) / 2)
    kept = (density * r**2).sum() / density.sum() / x.shape[1]
    return np.sqrt(squares / free / kept) / scale


def reverse_kl(counts, shares):
    """KL of the samples' shares of the modes from the true shares, in nats.

    counts: samples per mode, shape (K,). shares: the truth, shape (K,), summing to 1.
    Returns one number, at least 0.

    >>> float(reverse_kl([5, 5], [0.5, 0.5]))
    0.0
    """
    return kl(counts, shares)
