"""Probes of features: ridge regression, and nearest neighbours.

    W, b = argmin sum_i |W'x_i + b - e(y_i)|^2 + ridge |W|^2,    e the unit vectors of classes
    votes of class c = #{ neighbours of class c among the k nearest }

Hoerl & Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems" (1970),
equation 2.1; Cover & Hart, "Nearest Neighbor Pattern Classification" (1967).
"""

import numpy as np

from reference.arrays import count, dimensions, number, positive, real, samples, whole
from reference.distance import distances
from reference.errors import DomainError, ShapeError


def _labelled(features, label, classes):
    features, classes = samples("features", features), count("classes", classes)
    label = whole("label", label, 0, classes)
    if label.shape != (len(features),):
        raise ShapeError(f"one label per row of features: {label.shape} for {features.shape}")
    return features, label, classes


@np.errstate(all="ignore")
def linear_probe(features, label, classes, ridge):
    """Ridge regression of one-hot labels on features and a constant.

    features: shape (n, d). label: integers (n,). classes: K. ridge: above 0, not on the constant.
    Returns weights, shape (d + 1, K), with those of the constant in the last row.

    >>> linear_probe([[-1.0], [1.0]], [0, 1], 2, 2.0).round(12).tolist()
    [[-0.25, 0.25], [0.5, 0.5]]
    """
    x, label, classes = _labelled(features, label, classes)
    ridge = positive("ridge", number("ridge", ridge))
    hot = np.eye(classes)[label]
    apart = x - x[0]  # exactly 0 for equal rows; the constant is that of the means
    u, s, vt = np.linalg.svd(apart - apart.mean(0), full_matrices=False)
    # s / (s^2 + ridge), by singular values: normal equations square the condition.
    gain = np.where(s > 0, 1 / (s + ridge / np.where(s > 0, s, 1.0)), 0.0)
    weights = (vt.T * gain) @ (u.T @ (hot - hot.mean(0)))
    return np.vstack([weights, hot.mean(0) - x.mean(0) @ weights])


@np.errstate(all="ignore")
def scores(weights, features):
    """The outputs of a linear probe; the largest is its prediction.

    weights: those of linear_probe, shape (d + 1, K). features: shape (N, d).
    Returns shape (N, K).

    >>> scores([[2.0], [1.0]], [[3.0]]).tolist()
    [[7.0]]
    """
    weights = dimensions("weights", real("weights", weights), 2)
    x = samples("features", features)
    if len(weights) != x.shape[1] + 1:
        raise ShapeError(f"weights {weights.shape} do not fit features {x.shape}")
    return np.hstack([x, np.ones((len(x), 1))]) @ weights


def neighbour_votes(features, label, classes, x, k):
    """The votes of the k nearest neighbours for their classes; ties go to the nearer ones.

    features: labelled examples, shape (n, d). label: integers (n,). classes: K.
    x: examples to be classified, shape (N, d). k: neighbours, in 1 ... n.
    Returns shape (N, K): a vote counts 1, plus a bonus for nearness of at most 1/2 in total.

    >>> neighbour_votes([[0.0], [1.0], [9.0]], [0, 1, 0], 2, [[2.0]], 1).tolist()
    [[0.0, 1.5]]
    """
    features, label, classes = _labelled(features, label, classes)
    apart, k = distances(x=x, features=features), count("k", k)
    if k > len(features):
        raise DomainError(f"k must be at most the examples: k = {k}, examples {len(features)}")
    votes = np.zeros((len(apart), classes))
    for row, far in zip(votes, apart, strict=True):
        near = np.argsort(far, kind="stable")[:k]
        for rank, which in enumerate(near):
            row[label[which]] += 1 + (k - rank) / (k * (k + 1))
    return votes
