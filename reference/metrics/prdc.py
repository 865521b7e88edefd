"""Fidelity and diversity by nearest neighbours.

    precision   fraction of y in the ball of some x       recall     fraction of x in one of some y
    density     mean number of x balls around y, / k      coverage   fraction of x balls with a y

The ball of a point reaches to its k-th nearest neighbour in its own sample and is closed.
Kynkaanniemi et al., "Improved Precision and Recall Metric" (2019), equation 1; Naeem
et al., "Reliable Fidelity and Diversity Metrics" (2020), equations 4 and 6.
"""

import numpy as np

from reference.arrays import count, two_samples
from reference.distance import distances
from reference.errors import DomainError


def _balls(x, y, k):
    (x, y), k = two_samples(x=x, y=y), count("k", k)
    for name, s in (("x", x), ("y", y)):
        if k >= len(s):
            raise DomainError(f"k must be below the rows of {name}: k = {k}, rows {len(s)}")
    # Column k of the sorted distances: column 0 is the point itself.
    radius_x = np.sort(distances(x=x, y=x), 1)[:, k]
    radius_y = np.sort(distances(x=y, y=y), 1)[:, k]
    return distances(x=x, y=y), radius_x, radius_y


def precision_recall_knn(x, y, k=5):
    """Precision and recall of generated examples.

    x, y: real and generated examples, shape (n, d) and (m, d). k: below n and m.
    Returns (precision, recall), each in [0, 1].

    >>> [float(v) for v in precision_recall_knn([[0.0], [1.0]], [[0.5], [9.0]], 1)]
    [0.5, 1.0]
    """
    distance, radius_x, radius_y = _balls(x, y, k)
    precision = (distance <= radius_x[:, None]).any(0).mean()
    recall = (distance <= radius_y).any(1).mean()
    return precision, recall


def density_coverage(x, y, k=5):
    """Density and coverage of generated examples.

    x, y: real and generated examples, shape (n, d) and (m, d). k: below n and m.
    Returns (density, coverage): at least 0, and in [0, 1].

    >>> [float(v) for v in density_coverage([[0.0], [1.0]], [[0.5], [9.0]], 1)]
    [1.0, 1.0]
    """
    distance, radius_x, _ = _balls(x, y, k)
    inside = distance <= radius_x[:, None]
    return inside.sum(0).mean() / k, inside.any(1).mean()
