"""Memorisation: how near samples lie to training examples, relative to fresh examples.

    d(x) = min_i |x - t_i|,    ratio = median d(made) / median d(fresh)

After Meehan, Chaudhuri & Dasgupta, "A Non-Parametric Test to Detect Data-Copying in Generative
Models" (2020), section 3.
"""

import numpy as np

from reference.arrays import dimensions, non_negative, number, refuse, within
from reference.distance import distances


@np.errstate(all="ignore")
def nearest_distances(x, stored):
    """d(x), the distance of each example from the nearest stored one.

    x: shape (n, d). stored: shape (m, d).
    Returns shape (n,).

    >>> nearest_distances([[0.0], [3.0]], [[1.0], [5.0]]).tolist()
    [1.0, 2.0]
    """
    return distances(x=x, stored=stored).min(1)


def _distances(name, d):
    return dimensions(name, non_negative(name, d), 1)


@np.errstate(all="ignore")
def nearest_ratio(made, fresh):
    """The median of generated examples' distances over that of fresh ones.

    made, fresh: distances, shape (n,) and (m,); the latter's median above 0.
    Returns one number.

    >>> float(nearest_ratio([1.0, 2.0, 3.0], [4.0]))
    0.5
    """
    middle = np.median(_distances("fresh", fresh))
    refuse("median of fresh", middle, middle <= 0, "above 0")
    return np.median(_distances("made", made)) / middle


@np.errstate(all="ignore")
def share_nearer(made, fresh, quantile=0.01):
    """The fraction of generated examples below a quantile of the fresh ones' distances.

    made, fresh: distances, shape (n,) and (m,). quantile: in [0, 1], with linear interpolation
    between sorted distances.
    Returns one number in [0, 1].

    >>> float(share_nearer([0.0, 1.0], [1.0, 2.0, 3.0], 0.5))
    1.0
    """
    quantile = number("quantile", within("quantile", quantile, 0, 1))
    bound = np.quantile(_distances("fresh", fresh), quantile)
    return (_distances("made", made) < bound).mean()
