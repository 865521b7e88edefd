"""A die: the simplest distribution to write down, sample, and test.

    p(k) = w_k,    H = -sum p log p,    X^2 = sum (c_k - n p_k)^2 / (n p_k)

It has a probability mass function, not a density. The frequencies of n throws approach it with
standard error sqrt(p (1 - p) / n). A test may fail to reject fairness, but never proves it.
Pearson, "On the criterion that a given system of deviations ..." (1900).
"""

import numpy as np

from reference.arrays import count, dimensions, probabilities, real, refuse, whole
from reference.errors import ShapeError
from reference.primitives import xlogy


def fair_die(faces=6):
    """1/faces for each face, shape (faces,).

    >>> fair_die(2).tolist()
    [0.5, 0.5]
    """
    return np.full(count("faces", faces), 1 / faces)


def log_pmf(face, p):
    """log p(face), in nats; -inf for an impossible face.

    face: in 0 ... K - 1, any shape. p: shape (K,).
    Returns the shape of face.

    >>> float(log_pmf(0, [0.5, 0.5])) == -float(np.log(2))
    True
    """
    p = dimensions("p", probabilities("p", p), 1)
    with np.errstate(all="ignore"):
        return np.log(p[whole("face", face, 0, len(p))])


def die_entropy(p):
    """H(p), in nats: log K for a fair die.

    >>> float(die_entropy([0.5, 0.5])) == float(np.log(2))
    True
    """
    p = probabilities("p", p)
    return 0.0 - xlogy(p, p).sum(-1)


def inverse_cdf_sample(u, p):
    """Inverse-transform sampling: the smallest face k with u < p_0 + ... + p_k.

    u: uniform in [0, 1), any shape. p: shape (K,).
    Returns faces, in the shape of u; never one of probability 0.

    >>> inverse_cdf_sample([0.2, 0.5, 0.9], [0.5, 0.0, 0.5]).tolist()
    [0, 2, 2]
    """
    u, p = real("u", u), dimensions("p", probabilities("p", p), 1)
    refuse("u", u, (u < 0) | (u >= 1), "in [0, 1)")
    last = np.flatnonzero(p)[-1]  # rounding may leave the cumulative sum just below 1
    return np.minimum(np.searchsorted(np.cumsum(p), u, side="right"), last)


def frequencies(faces, size=6):
    """The relative frequency of each face in n throws.

    faces: in 0 ... size - 1, shape (n,).
    Returns shape (size,).

    >>> frequencies([0, 0, 1, 1], 2).tolist()
    [0.5, 0.5]
    """
    faces = dimensions("faces", whole("faces", faces, 0, count("size", size)), 1)
    return np.bincount(faces, minlength=size) / len(faces)


def frequency_error(p, n):
    """The standard error sqrt(p (1 - p) / n) of each face's frequency over n throws.

    >>> float(frequency_error([0.5, 0.5], 100)[0])
    0.05
    """
    p = probabilities("p", p)
    return np.sqrt(p * (1 - p) / count("n", n))


def chi_square(counts, p):
    """Pearson's X^2 of counts against p; infinite for a count where p is 0.

    counts: integers, shape (K,), not all zero. p: shape (K,).
    Returns one number; for many throws of p it is chi-squared with K - 1 degrees of freedom.

    >>> float(chi_square([6, 4], [0.5, 0.5]))
    0.4
    """
    counts = dimensions("counts", whole("counts", counts, 0), 1)
    p = probabilities("p", p)
    if counts.shape != p.shape:
        raise ShapeError(f"counts {counts.shape} and p {p.shape} differ in shape")
    n = counts.sum()
    refuse("sum of counts", n, n <= 0, "above 0")
    with np.errstate(all="ignore"):
        term = np.abs(counts - n * p) * (np.abs(counts - n * p) / (n * p))
    return np.where((counts == 0) & (p == 0), 0.0, term).sum()
