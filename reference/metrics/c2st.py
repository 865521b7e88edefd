"""The classifier two-sample test with the nearest neighbour as the classifier.

    accuracy = mean of 1[ the nearest other point of z_i has the label of z_i ]

Lopez-Paz & Oquab, "Revisiting Classifier Two-Sample Tests" (2017), section 4.
"""

import numpy as np

from reference.arrays import two_samples
from reference.distance import distances


def nearest_neighbour_accuracy(x, y):
    """The share of points whose nearest other point is of their own sample; a tie: the first.

    x, y: samples, shape (n, d) and (m, d).
    Returns one number in [0, 1].

    >>> float(nearest_neighbour_accuracy([[0.0], [1.0]], [[5.0], [6.0]]))
    1.0
    """
    x, y = two_samples(x=x, y=y)
    z, label = np.concatenate([x, y]), np.repeat([0, 1], [len(x), len(y)])
    apart = distances(x=z, y=z)
    np.fill_diagonal(apart, np.inf)
    return (label[apart.argmin(1)] == label).mean()
