"""The mutual information gap of codes with factors, counted from the definition.

    I(z; v) = sum_{b, v} p(b, v) log( p(b, v) / (p(b) p(v)) ),    H(v) = -sum_v p(v) log p(v)
    MIG = mean over factors of (largest I - second largest I) / H(v)

Chen, Li, Grosse & Duvenaud, "Isolating Sources of Disentanglement in Variational Autoencoders"
(2018), equation 6.
"""

import numpy as np

from reference.arrays import count, dimensions, positive, real, samples, whole
from reference.errors import ShapeError
from reference.primitives import rel_term, xlogy


def binned(codes, bins):
    """The bin of each code, among `bins` equal ones from least to largest; 0 for a constant.

    codes: shape (n, L). bins: at least 1.
    Returns shape (n, L), integers in 0 ... bins - 1.

    >>> binned([[0.0], [0.4], [1.0]], 2).tolist()
    [[0], [0], [1]]
    """
    codes, bins = samples("codes", codes), count("bins", bins)
    found = np.zeros(codes.shape, int)
    for j, code in enumerate(codes.T):
        low, high = code.min(), code.max()
        if high > low:
            # The last bin is closed: the largest code is in it.
            share = (code - low) / (high - low)
            found[:, j] = np.minimum(np.floor(bins * share), bins - 1)
    return found


def information(codes, factors, bins, values):
    """I of every latent with every factor, in nats.

    codes: shape (n, L). factors: in 0 ... values - 1, shape (n, K).
    bins: per latent. values: the largest number of values of a factor.
    Returns shape (L, K).

    >>> [float(i) for i in information([[0.0], [1.0]], [[0], [0]], 2, 1)[0]]
    [0.0]
    """
    codes, factors = binned(codes, bins), _factors(factors, values)
    bins, values = count("bins", bins), count("values", values)
    if len(codes) != len(factors):
        raise ShapeError(f"codes {codes.shape} and factors {factors.shape} differ in length")
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for j, k in np.ndindex(table.shape):
        joint = np.zeros((bins, values))
        np.add.at(joint, (codes[:, j], factors[:, k]), 1 / len(codes))
        table[j, k] = rel_term(joint, joint.sum(1, keepdims=True) * joint.sum(0)).sum()
    return table


def entropies(factors, values):
    """H of every factor, in nats.

    factors: in 0 ... values - 1, shape (n, K). values: the largest number of them.
    Returns shape (K,).

    >>> float(entropies([[0], [1]], 2)[0]) == float(np.log(2))
    True
    """
    factors, values = _factors(factors, values), count("values", values)
    shares = [np.bincount(factor, minlength=values) / len(factor) for factor in factors.T]
    return np.array([0.0 - xlogy(p, p).sum() for p in shares])


@np.errstate(all="ignore")
def mig(information, entropies):
    """The gap of the two most informative latents over the entropy, averaged over factors.

    information: I in nats, shape (L, K); a single latent has its gap to 0. entropies: H, (K,).
    Returns one number.

    >>> float(mig([[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0]))
    0.75
    """
    information = dimensions("information", real("information", information), 2)
    entropies = dimensions("entropies", positive("entropies", entropies), 1)
    if information.shape[1:] != entropies.shape:
        raise ShapeError(f"information {information.shape} is not of {entropies.shape} factors")
    ordered = np.sort(np.vstack([information, np.zeros(len(entropies))]), axis=0)
    return ((ordered[-1] - ordered[-2]) / entropies).mean()


def _factors(factors, values):
    return dimensions("factors", whole("factors", factors, 0, count("values", values)), 2)
