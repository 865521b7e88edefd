"""Completions of a Gaussian's points against its conditional, point by point.

    x_S | x_rest  ~  N( m_S + C_SR C_RR^-1 (x_R - m_R),  C_SS - C_SR C_RR^-1 C_RS )

Bishop, "Pattern Recognition and Machine Learning" (2006), equations 2.81 and 2.82.
"""

import numpy as np

from reference.arrays import covariance as positive_definite
from reference.arrays import dimensions, non_negative, real, whole
from reference.errors import DomainError, ShapeError
from reference.theory.tables import gaussian_conditional


def conditional(mean, covariance, x, mask):
    """E[x | x_R] and the variance of each entry given x_R, shape (N, d) each.

    mean, covariance: (d,), (d, d). x: points, (N, d). mask: 1 where an entry is known, (N, d).

    >>> m, v = conditional([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]], [[9.0, 2.0]], [[0, 1]])
    >>> m.tolist(), v.round(12).tolist()
    ([[1.0, 2.0]], [[0.75, 0.0]])
    """
    mean = dimensions("mean", real("mean", mean), 1)
    covariance = positive_definite("covariance", covariance)
    x = dimensions("x", real("x", x), 2)
    if not len(mean) == len(covariance) == x.shape[1]:
        shapes = f"mean {mean.shape}, covariance {covariance.shape}, x {x.shape}"
        raise ShapeError(f"shapes do not fit: {shapes}")
    mask = whole("mask", mask, 0, 2)
    if mask.shape != x.shape:
        raise ShapeError(f"x {x.shape} and mask {mask.shape} differ in shape")
    found, variance = x.copy(), np.zeros(x.shape)
    for i, known in enumerate(mask == 1):
        if not known.all():
            at = np.flatnonzero(known)
            m, s = gaussian_conditional(mean, covariance, at, x[i, at])
            found[i, ~known], variance[i, ~known] = m, np.diag(s)
    return found, variance


def _draws(draws, variance):
    draws = dimensions("draws", real("draws", draws), 3)
    variance = non_negative("variance", variance)
    if variance.shape != draws.shape[1:]:
        raise ShapeError(f"draws {draws.shape} and variance {variance.shape} do not fit")
    if variance.sum() <= 0:
        raise DomainError("variance must be above 0 somewhere: all entries are known")
    return draws, variance


@np.errstate(all="ignore")
def mean_error(draws, mean, variance):
    """The squared distance of the draws' mean from the conditional mean, over its variance.

    draws: (K, N, d). mean, variance: (N, d).

    >>> float(mean_error([[[1.0]], [[3.0]]], [[0.0]], [[16.0]]))
    0.25
    """
    draws, variance = _draws(draws, variance)
    mean = real("mean", mean)
    if mean.shape != variance.shape:
        raise ShapeError(f"mean {mean.shape} and variance {variance.shape} differ in shape")
    return (((draws.mean(0) - mean) / np.sqrt(variance.sum())) ** 2).sum()


@np.errstate(all="ignore")
def spread(draws, variance):
    """The variance of the draws over that of the conditional.

    >>> float(spread([[[1.0]], [[3.0]]], [[4.0]]))
    0.5
    """
    draws, variance = _draws(draws, variance)
    if len(draws) < 2:
        raise DomainError("draws must be at least 2 of each point")
    draws = (draws - draws[0]) / np.sqrt(variance.sum())
    return draws.var(0, ddof=1).sum()
