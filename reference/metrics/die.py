"""What a model of a die has learned, face by face.

    KL( p || q ) = sum_k p_k log(p_k / q_k)

Kullback & Leibler (1951), equation 2.4; Pearson (1900).
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, real, refuse, whole
from reference.primitives import expm1mx, logsumexp
from reference.theory import dice


def kl(log_distribution, log_model):
    """KL( p || q ), face by face p (e^u - 1 - u) at u = log(q / p), in nats.

    log_distribution, log_model: log p and log q up to a constant, shape (K,), -inf for a face that
    never comes. Returns one number, at least 0; infinite where q excludes what p allows.

    >>> float(kl([0.0, -np.inf], [0.0, 0.0])) == float(np.log(2))
    True
    """
    p, q = (
        _normalised(n, a)
        for n, a in (("log_distribution", log_distribution), ("log_model", log_model))
    )
    equal_shapes(log_distribution=p, log_model=q)
    some = p > -np.inf
    with np.errstate(all="ignore"):
        u = q[some] - p[some]
        share = np.exp(p[some])
        near = np.abs(u) < 1
        term = np.where(near, share * expm1mx(np.where(near, u, 0)), 0.0)
        far = np.exp(q[some]) - share - share * u
    return np.maximum(np.where(near, term, far), 0).sum() + np.exp(q[~some]).sum()


def _normalised(name, logs):
    logs = dimensions(name, real(name, logs, infinite=True), 1)
    refuse(name, logs, logs == np.inf, "below infinity")
    top = logs.max()
    refuse(f"sum of {name}", top, top == -np.inf, "above 0")
    return (logs - top) - logsumexp(logs - top)  # a large constant would swallow the others


def mean_face(face):
    """The mean of throws, where face 0 counts 1, from the shares of the faces.

    face: whole numbers from 0, shape (n,).
    Returns one number.

    >>> float(mean_face([0, 1, 5]))
    3.0
    """
    face = dimensions("face", whole("face", face, 0), 1)
    size = count("faces", int(face.max()) + 1)
    return (dice.frequencies(face, size) * np.arange(1, size + 1)).sum()


def chi_square(counts, log_distribution):
    """Pearson's X^2 of counts against p.

    counts: whole, shape (K,). log_distribution: log p, -inf for a face that never comes, shape
    (K,). Returns one number, infinite where such a face came.

    >>> round(float(chi_square([6, 4], np.log([0.5, 0.5]))), 12)
    0.4
    """
    return dice.chi_square(counts, np.exp(_normalised("log_distribution", log_distribution)))
