"""The test accuracy of a linear probe on a few labelled features.

    accuracy = 1/n #{ i : argmax_c (W'h_i + b)_c = y_i },    W, b by ridge regression

Hoerl & Kennard (1970), equation 2.1; Goodfellow et al., "Generative Adversarial Nets" (2014),
section 6.
"""

import numpy as np

from reference.arrays import samples, whole
from reference.errors import ShapeError
from reference.metrics.probe import linear_probe, scores

RIDGE = 0.1


def accuracy_of_few(features, label, x, truth):
    """The share of test features whose largest output is that of their label.

    features: labelled, shape (n, d). label: integers, shape (n,). x: shape (N, d).
    truth: integers, shape (N,).
    Returns one number.

    >>> float(accuracy_of_few([[-1.0], [1.0]], [0, 1], [[-3.0], [2.0]], [0, 0]))
    0.5
    """
    label, x, truth = whole("label", label, 0), samples("x", x), whole("truth", truth, 0)
    if truth.shape != (len(x),):
        raise ShapeError(f"one truth per row of x: {truth.shape} for {x.shape}")
    weights = linear_probe(features, label, int(label.max()) + 1, RIDGE)
    return np.mean(scores(weights, x).argmax(-1) == truth)
