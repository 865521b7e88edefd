"""The classifier two-sample test with the nearest neighbour as the classifier.

    accuracy = mean of 1[ the nearest other point of z_i has the label of z_i ]

Lopez-Paz & Oquab, "Revisiting Classifier Two-Sample Tests" (2017), section 4.
"""

import numpy as np

from reference.arrays import two_samples


def nearest_neighbour_accuracy(x, y):
    """The share of points whose nearest other point is of their own sample; a tie: the first.

    x, y: samples, shape (n, d) and (m, d).
    Returns one number in [0, 1].

    >>> float(nearest_neighbour_accuracy([[0.0], [1.0]], [[5.0], [6.0]]))
    1.0
    """
    x, y = two_samples(x, y, 1)
    z, label = np.concatenate([x, y]), np.repeat([0, 1], [len(x), len(y)])
    squares = np.stack([((z - point) ** 2).sum(1) for point in z])
    np.fill_diagonal(squares, np.inf)
    return (label[squares.argmin(1)] == label).mean()
