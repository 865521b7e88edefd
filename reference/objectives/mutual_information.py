"""A lower bound on the mutual information of a code and the sample made of it, by definition.

    L_I(G, Q) = E_{c, x = G(z, c)}[ log Q(c | x) ] + H(c)  <=  I(c; G(z, c))

A category c of K, uniform: H(c) = log K. Numbers c, uniform on [-1, 1]^d, density 2^-d:
H(c) = d log 2. Chen et al., "InfoGAN" (2016), equations 4 and 5. For tables of p(c, x) the same
bound is `infogan_bound` in reference/theory/tables.py.
"""

import numpy as np

from reference.arrays import event, real, whole, within
from reference.errors import ShapeError
from reference.objectives.cross_entropy import cross_entropy, cross_entropy_gradient
from reference.objectives.gaussian import log_density, negative_log_likelihood_gradients


def _classes(logits, code):
    k = event("logits", real("logits", logits)).shape[-1]
    whole("code", code, 0, k)
    if np.shape(code) != np.shape(logits)[:-1]:
        raise ShapeError(f"one code per row of logits: {np.shape(code)} for {np.shape(logits)}")
    return k


def category_information(logits, code):
    """log Q(c | x) + log K of each example, in nats.

    logits: of Q, shape (..., K). code: c in 0 ... K - 1, integers of shape (...).
    Returns shape (...), at most log K.

    >>> round(float(category_information([0.0, 0.0, 0.0], 1)), 12)
    0.0
    """
    return np.log(_classes(logits, code)) - cross_entropy(logits, code)


def category_information_gradient(logits, code):
    """Derivative in each logit, [k = c] - Q(k | x).

    >>> category_information_gradient([0.0, 0.0], 1).tolist()
    [-0.5, 0.5]
    """
    _classes(logits, code)
    return -cross_entropy_gradient(logits, code)


@np.errstate(all="ignore")
def uniform_information(mean, log_variance, code):
    """log N(c; m, exp(v)) + d log 2 of each example, in nats.

    mean, log_variance: m and v of Q, shape (..., d). code: c in [-1, 1], shape (..., d).
    Returns shape (...).

    >>> at_best = uniform_information([0.0], [0.0], [0.0])
    >>> round(float(at_best + np.log(2 * np.pi) / 2 - np.log(2)), 12)
    0.0
    """
    code = event("code", within("code", code, -1, 1))
    density = log_density(code, mean, log_variance)
    return np.shape(code)[-1] * np.log(2) + density


@np.errstate(all="ignore")
def uniform_information_gradients(mean, log_variance, code):
    """Derivatives in m and in v: (c - m) e^-v and ((c - m)^2 e^-v - 1) / 2.

    >>> [float(g[0]) for g in uniform_information_gradients([0.5], [0.0], [1.0])]
    [0.5, -0.375]
    """
    code = event("code", within("code", code, -1, 1))
    m, v = negative_log_likelihood_gradients(code, mean, log_variance)
    return -m, -v
