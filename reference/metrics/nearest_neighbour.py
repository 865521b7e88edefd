"""The label of the nearest example, point by point.

    y_j(i),    j(i) = argmin_j |x_i - x_j|^2

Of equally near examples the first counts. Cover & Hart, "Nearest Neighbor Pattern Classification"
(1967).
"""

import numpy as np

from reference.arrays import dimensions, whole
from reference.distance import distances
from reference.errors import ShapeError


def nearest_label(features, label, x):
    """The label of the nearest example to each row of x, integers (N,).

    features: labelled examples, shape (n, d). label: integers (n,). x: shape (N, d).

    >>> nearest_label([[0.0], [4.0]], [7, 9], [[1.0], [3.0]]).tolist()
    [7, 9]
    """
    apart, label = distances(features=features, x=x), whole("label", label, 0)
    if label.shape != (len(apart),):
        raise ShapeError(f"one label per row of features: {label.shape} for {len(apart)}")
    return label[apart.argmin(0)]


def share_right(predicted, label):
    """The fraction of examples whose predicted label is theirs.

    >>> float(share_right([1, 2], [1, 1]))
    0.5
    """
    predicted = dimensions("predicted", whole("predicted", predicted, 0), 1)
    label = whole("label", label, 0)
    if label.shape != predicted.shape:
        raise ShapeError(f"predicted {predicted.shape} and label {label.shape} must be equal")
    return np.mean(predicted == label)
