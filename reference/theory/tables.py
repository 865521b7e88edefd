"""The rules of probability on tables and Gaussians that are small enough to check by hand.

    p(x) = sum_z p(x, z),    p(z | x) = p(x | z) p(z) / p(x),    p(x, y) = p(x) p(y | x)

Chen et al., "InfoGAN" (2016), equation 5, for the bound on mutual information.
"""

import numpy as np

from reference.arrays import (
    along,
    covariance,
    dimensions,
    equal_shapes,
    event,
    non_negative,
    probabilities,
    real,
    whole,
)
from reference.errors import DomainError, ShapeError
from reference.primitives import expm1mx, rel_term


def marginal(joint, axis):
    """p(x) = sum over one axis, or several, of a joint table that sums to 1.

    >>> marginal([[0.1, 0.2], [0.3, 0.4]], 0).round(12).tolist()
    [0.4, 0.6]
    """
    joint, axes = real("joint", joint), np.atleast_1d(whole("axis", axis, -9))
    for one in axes:
        event("joint", joint, one)
    probabilities("joint", joint.ravel())
    return joint.sum(tuple(axes.tolist()))


def joint_from_conditionals(p_first, *conditionals):
    """p(x1, x2, ...) = p(x1) p(x2 | x1) p(x3 | x1, x2) ... as a table.

    p_first: shape (K1,). conditionals: shape (K1, K2), (K1, K2, K3) ..., last axis sums to 1.
    Returns a table with as many axes as variables.

    >>> joint_from_conditionals([0.5, 0.5], [[1.0, 0.0], [0.5, 0.5]]).tolist()
    [[0.5, 0.0], [0.25, 0.25]]
    """
    joint = dimensions("p_first", probabilities("p_first", p_first), 1)
    for i, table in enumerate(conditionals):
        table = probabilities(f"conditionals[{i}]", table)
        if table.shape[:-1] != joint.shape:
            raise ShapeError(f"conditionals[{i}] {table.shape} must start with {joint.shape}")
        joint = joint[..., None] * table
    return joint


def bayes_rule(prior, likelihood):
    """p(z | x) = p(x | z) p(z) / sum_z.

    prior: shape (Z,). likelihood: p(x | z) at one x, at least 0, shape (..., Z).
    Returns shape (..., Z).

    >>> bayes_rule([0.5, 0.5], [0.2, 0.6]).round(12).tolist()
    [0.25, 0.75]
    """
    prior, likelihood = probabilities("prior", prior), non_negative("likelihood", likelihood)
    prior, likelihood = along(-1, prior=prior, likelihood=likelihood)
    # Relative to the largest likelihood: otherwise all products with the prior may underflow.
    with np.errstate(all="ignore"):
        top = np.where(prior > 0, likelihood, 0.0).max(-1, keepdims=True)
        weight = prior * np.where(top > 0, likelihood / top, 0.0)
    total = weight.sum(-1, keepdims=True)
    if np.any(total <= 0):
        raise DomainError("likelihood must leave some z possible: the evidence is 0")
    return weight / total


def gaussian_conditional(mean, cov, known, value):
    """Mean and covariance of a Gaussian's other entries, given some.

    mean: shape (d,). cov: shape (d, d). known: indices of the given entries. value: their values.
    Returns shapes (r,) and (r, r) for the r others, in order.

    >>> m, s = gaussian_conditional([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]], [1], [2.0])
    >>> m.tolist(), s.round(12).tolist()
    ([1.0], [[0.75]])
    """
    mean, cov = dimensions("mean", real("mean", mean), 1), covariance("cov", cov)
    known, value = whole("known", known, 0, len(mean)), real("value", value)
    if known.shape != value.shape or known.ndim != 1 or len(cov) != len(mean):
        raise ShapeError(f"known {known.shape} and value {value.shape} must be equal vectors")
    if len(np.unique(known)) < len(known):
        raise DomainError("known must name each entry once")
    rest = np.setdiff1d(np.arange(len(mean)), known)
    # With the given entries first, L = ((L11, 0), (L21, L22)): the rest have covariance L22 L22'.
    order, k = np.concatenate([known, rest]), len(known)
    L = np.linalg.cholesky(cov[np.ix_(order, order)])
    shifted = mean[rest] + L[k:, :k] @ np.linalg.solve(L[:k, :k], value - mean[known])
    return shifted, L[k:, k:] @ L[k:, k:].T


def mutual_information(joint):
    """I(x; z) = KL( p(x, z) || p(x) p(z) ) of a table, in nats.

    >>> float(mutual_information([[0.25, 0.25], [0.25, 0.25]]))
    0.0
    """
    joint = dimensions("joint", real("joint", joint), 2)
    probabilities("joint", joint.ravel())
    rows, columns = joint.sum(1, keepdims=True), joint.sum(0, keepdims=True)
    # p(x) KL( p(z | x) || p(z) ): the product p(x) p(z) underflows where p(x, z) does not.
    some = rows[:, 0] > 0
    rows, total = rows[some], 0.0
    given = joint[some] / rows
    for share, row in zip(rows[:, 0], given, strict=True):
        # p(z | x) - p(z) = sum p(x') (p(z | x) - p(z | x')), all of it where p(x) is near 1
        lead = (rows * (row - given)).sum(0)
        near = np.abs(lead) <= 0.5 * np.minimum(row, columns[0])
        u = np.log1p(np.divide(lead, columns[0], out=np.zeros_like(lead), where=near & (row > 0)))
        term = np.where(near, row * expm1mx(-u), rel_term(row, columns[0]))
        total += share * term.sum()
    return np.float64(total)


def infogan_bound(joint, guess):
    """E log Q(c | x) + H(c) <= I(c; x), in nats, with equality at Q(c | x) = p(c | x).

    joint: p(c, x), shape (C, X). guess: Q(c | x), columns sum to 1, shape (C, X).
    Returns one number.

    >>> round(float(infogan_bound([[0.5, 0.0], [0.0, 0.5]], np.eye(2))), 6)
    0.693147
    """
    joint = dimensions("joint", real("joint", joint), 2)
    probabilities("joint", joint.ravel())
    guess = probabilities("guess", guess, axis=0)
    if guess.shape != joint.shape:
        raise ShapeError(f"guess {guess.shape} and joint {joint.shape} differ in shape")
    code = joint.sum(1, keepdims=True)
    with np.errstate(all="ignore"):
        terms = joint * (np.log(guess) - np.log(code))
    return np.where(joint > 0, terms, 0.0).sum()


def cycle_loss(x, there, back):
    """The mean of |back(there(x)) - x| over the entries: 0 if the maps are inverse on the data.

    Zhu et al., "CycleGAN" (2017), equation 2. x: shape (n, d). there, back: maps.

    >>> float(cycle_loss([[1.0]], lambda x: x + 1, lambda y: y - 1))
    0.0
    """
    x = dimensions("x", real("x", x), 2)
    x, again = equal_shapes(x=x, back=real("back", back(there(x))))
    return np.abs(again - x).mean()


def fit_forward_kl(means, log_variances, weights):
    """The Gaussian q with the least KL(p || q) from a mixture p on the line.

    means, log_variances, weights: of the components, shape (K,).
    Returns (mean, variance): the moments of p, which cover all modes and fit none.

    >>> [float(v) for v in fit_forward_kl([1.0, -1.0], [0.0, 0.0], [0.5, 0.5])]
    [0.0, 2.0]
    """
    m, v = real("means", means), real("log_variances", log_variances)
    w = probabilities("weights", weights)
    if m.ndim != 1 or not m.shape == v.shape == w.shape:
        raise ShapeError(f"means {m.shape}, log_variances {v.shape}, weights {w.shape} differ")
    mean = w @ m
    with np.errstate(all="ignore"):
        return mean, np.where(w > 0, w * (np.exp(v) + (m - mean) ** 2), 0.0).sum()
