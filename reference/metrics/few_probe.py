"""The test accuracy of a linear probe on a few labelled features.

    accuracy = 1/n #{ i : argmax_c (W'h_i + b)_c = y_i },    W, b by ridge regression

Hoerl & Kennard (1970), equation 2.1; Goodfellow et al., "Generative Adversarial Nets" (2014),
section 6.
"""

import numpy as np

from reference.arrays import dimensions, two_samples, whole
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
    features, x = two_samples(features=features, x=x)
    label = dimensions("label", whole("label", label, 0), 1)
    truth = whole("truth", truth, 0)
    if truth.shape != (len(x),):
        raise ShapeError(f"one truth per row of x: {truth.shape} for {x.shape}")
    # A class without a label has output 0 and never the largest: all outputs add up to 1.
    classes, own = np.unique(label, return_inverse=True)
    weights = linear_probe(features, own, len(classes), RIDGE)
    return np.mean(classes[scores(weights, x).argmax(-1)] == truth)
