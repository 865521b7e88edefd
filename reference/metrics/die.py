"""A model of a die: the KL of its distribution from the true one, and tests of its throws.

    KL( p || q ) = sum_k p_k log(p_k / q_k),    X^2 = sum_k (c_k - n p_k)^2 / (n p_k)

Kullback & Leibler (1951), equation 2.4; Pearson (1900).
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, refuse, whole
from reference.primitives import expm1mx, logsumexp
from reference.theory import dice


def kl(log_distribution, log_model):
    """KL( p || q ) in nats, as the sum over faces of p (e^u - 1 - u) at u = log(q / p).

    log_distribution, log_model: log p and log q up to a constant, shape (K,), -inf for an
    impossible face.
    Returns one number, at least 0; infinite where q is 0 and p is not.

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
    return (logs - top) - logsumexp(logs - top)  # large constants are taken off first


def mean_face(face):
    """The mean of throws, where face 0 has the value 1.

    face: integers from 0, shape (n,).
    Returns one number.

    >>> float(mean_face([0, 1, 5]))
    3.0
    """
    face = dimensions("face", whole("face", face, 0), 1)
    return 1 + face.mean()


def chi_square(counts, log_distribution):
    """Pearson's X^2 of counts against p.

    counts: integers, shape (K,). log_distribution: log p, shape (K,), -inf for an impossible face.
    Returns one number, infinite if such a face occurs.

    >>> round(float(chi_square([6, 4], np.log([0.5, 0.5]))), 12)
    0.4
    """
    return dice.chi_square(counts, np.exp(_normalised("log_distribution", log_distribution)))
