"""Whether translated images keep their class, or classes are exchanged.

    C_jk = #{ i : y_i = j, named k } / n
    max over permutations s of sum_k C_k,s(k)

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(2017), section 7. The maximum by dynamic programming over sets of classes, Held & Karp (1962):
b(S) the best share that the first |S| classes explain with the names in S,

    b(S) = max over k in S of b(S - k) + C_|S|-1,k
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, non_negative, real, whole
from reference.distance import distances
from reference.errors import DomainError, ShapeError


def nearest_label(x, stored, label):
    """The label of the stored image nearest to each x; of equally near ones the first.

    x: shape (n, d). stored: shape (N, d). label: integers, shape (N,).
    Returns shape (n,).

    >>> nearest_label([[0.9]], [[0.0], [1.0]], [7, 3]).tolist()
    [3]
    """
    x, stored = dimensions("x", real("x", x), 2), dimensions("stored", real("stored", stored), 2)
    label = whole("label", label)
    if stored.shape != (len(label), x.shape[1]) or len(label) == 0:
        raise ShapeError(f"x {x.shape}, stored {stored.shape}, label {label.shape} do not fit")
    return label[distances(stored=stored, x=x).argmin(0)]


def confusion(label, named, classes):
    """The share of images with each label (row) and each name (column).

    label, named: integers in 0 ... K - 1, shape (n,). classes: K.
    Returns shape (K, K).

    >>> confusion([0, 1], [0, 0], 2).tolist()
    [[0.5, 0.0], [0.5, 0.0]]
    """
    classes = count("classes", classes)
    label, named = equal_shapes(
        label=dimensions("label", whole("label", label, 0, classes), 1),
        named=whole("named", named, 0, classes),
    )
    if len(label) == 0:
        raise ShapeError("label must not be empty")
    hot = np.eye(classes)
    return hot[label].T @ hot[named] / len(label)


def _square(table):
    table = dimensions("table", non_negative("table", table), 2)
    if table.shape[0] != table.shape[1] or not 1 <= len(table) <= 16:
        raise ShapeError(f"table must be square, of 1 to 16 classes: shape {table.shape}")
    if table.sum() - 1 > 1e-9:
        raise DomainError(f"table must hold shares: its sum is {table.sum()}")
    return table


def permuted_share(table):
    """The largest share that one permutation of the classes explains.

    table: C, shape (K, K), K at most 16.
    Returns one number.

    >>> float(permuted_share([[0.0, 0.5], [0.25, 0.25]]))
    0.75
    """
    table = _square(table)
    best = {0: 0.0}
    for names in range(1, 2 ** len(table)):
        inside = [k for k in range(len(table)) if names >> k & 1]
        row = table[len(inside) - 1]
        best[names] = max(best[names ^ 1 << k] + row[k] for k in inside)
    return np.float64(best[2 ** len(table) - 1])


def wrong_bijection(table):
    """1 where a permutation explains over half, and 1/K or more beyond the identity; else 0.

    table: C, shape (K, K), K at most 16.
    Returns 0.0 or 1.0.

    >>> float(wrong_bijection([[0.0, 0.5], [0.5, 0.0]]))
    1.0
    """
    table = _square(table)
    best = permuted_share(table)
    return np.float64(best > 0.5 and best - np.trace(table) >= 1 / len(table) - 1e-9)
