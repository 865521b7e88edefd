"""Which modes of a known mixture the samples reach, and how evenly.

    mode of x = argmin_k |x - m_k|,    good: |x - m_k| <= 3 sigma of its mode

Lin et al., "PacGAN: The power of two samples in generative adversarial networks" (2018),
section 4.1: a mode is covered if one of its samples is good.
"""

import numpy as np

from reference.arrays import positive, samples
from reference.errors import ShapeError
from reference.metrics.histogram import kl

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


def reverse_kl(counts, shares):
    """KL of the samples' shares of the modes from the true shares, in nats.

    counts: samples per mode, shape (K,). shares: the truth, shape (K,), summing to 1.
    Returns one number, at least 0.

    >>> float(reverse_kl([5, 5], [0.5, 0.5]))
    0.0
    """
    return kl(counts, shares)
