"""The error of clusters as classes, after the best one-to-one match of the two.

    n_kc = #{ i : cluster k, class c },    m = argmax_{m one-to-one} sum_k n_{k, m(k)}
    error = 1/n #{ i : m(k_i) != y_i }

Chen et al., "InfoGAN" (2016), section 7.2. The match is found over all subsets of classes: f(k, S)
is the most examples that clusters 0 ... k - 1 can hold with the classes in S (Bellman, 1962).
"""

import numpy as np

from reference.arrays import count, dimensions, non_negative, whole
from reference.errors import DomainError, ShapeError


def contingency(cluster, label, clusters, classes):
    """n_kc, the number of examples of each class in each cluster, shape (clusters, classes).

    cluster, label: integers, shape (N,). clusters, classes: their numbers.

    >>> contingency([0, 0, 1], [1, 1, 0], 2, 2).tolist()
    [[0, 2], [1, 0]]
    """
    clusters, classes = count("clusters", clusters), count("classes", classes)
    cluster, label = whole("cluster", cluster, 0, clusters), whole("label", label, 0, classes)
    if cluster.shape != label.shape or cluster.ndim != 1:
        raise ShapeError(f"cluster {cluster.shape} and label {label.shape} must be equal vectors")
    return np.array(
        [[((cluster == k) & (label == c)).sum() for c in range(classes)] for k in range(clusters)]
    )


def best_match(counts):
    """The class of each cluster under a one-to-one match with most examples; -1 for none.

    counts: n_kc, shape (clusters, classes), at most 12 classes.
    Returns integers, shape (clusters,).

    >>> best_match([[5, 4], [5, 0]]).tolist()
    [1, 0]
    """
    counts = dimensions("counts", non_negative("counts", counts), 2)
    classes = counts.shape[1]
    if classes > 12:
        raise DomainError(f"counts must be of at most 12 classes: {classes}")
    best = {0: (0.0, ())}  # by the set of classes that are taken, as bits
    for row in counts:
        found: dict = {}
        for taken, (total, chosen) in best.items():
            options = [(taken, total, (*chosen, -1))] + [
                (taken | 1 << c, total + row[c], (*chosen, c))
                for c in range(classes)
                if not taken >> c & 1
            ]
            for after, sum_, match in options:
                if after not in found or sum_ > found[after][0]:
                    found[after] = (sum_, match)
        best = found
    fullest = [item for taken, item in best.items() if taken.bit_count() == min(counts.shape)]
    return np.array(max(fullest, key=lambda item: item[0])[1], np.int64)


def match_error(cluster, label, match):
    """The share of examples whose cluster's class is not theirs.

    cluster, label: integers, shape (N,). match: the class of each cluster.

    >>> float(match_error([0, 1, 1, 1], [0, 1, 1, 0], [0, 1]))
    0.25
    """
    match = dimensions("match", whole("match", match, -1), 1)
    cluster = dimensions("cluster", whole("cluster", cluster, 0, len(match)), 1)
    label = whole("label", label, 0)
    if label.shape != cluster.shape:
        raise ShapeError(f"cluster {cluster.shape} and label {label.shape} must be equal vectors")
    return np.mean(match[cluster] != label)
