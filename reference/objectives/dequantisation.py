"""Uniform dequantisation: grey levels spread evenly over their cells.

    cell k of y = [ k / n, (k + 1) / n ),    n = levels + 1

Theis, van den Oord & Bethge, "A note on the evaluation of generative models" (2016), section
3.1: the density of n y is the density of y times |dy / d(n y)| = 1/n, feature by feature.
"""

import numpy as np

from reference.arrays import broadcast, count, real, within


def _lower_ends(levels):
    return np.arange(count("levels", levels) + 1) / (levels + 1)


def spread(x, u, levels):
    """y, the point of the pixel's cell at the fraction u above its lower end.

    x: in [-1, 1], on the grid of levels + 1 values. u: in [0, 1]. levels: above the lowest.
    Returns the shape that x and u broadcast to.

    >>> spread([-1.0, 1.0], [0.5, 0.0], 1).tolist()
    [0.25, 0.5]
    """
    x, u = broadcast(x=within("x", x, -1, 1), u=within("u", u, 0, 1))
    grid = np.linspace(-1, 1, count("levels", levels) + 1)
    k = np.abs(x[..., None] - grid).argmin(-1)
    return _lower_ends(levels)[k] + u / (levels + 1)


def gathered(y, levels):
    """The grid value whose cell contains y, or that of the nearest cell.

    y: any shape. levels: above the lowest. Returns the shape of y.

    >>> gathered([0.25, 0.75, -3.0], 1).tolist()
    [-1.0, 1.0, -1.0]
    """
    k = np.searchsorted(_lower_ends(levels)[1:], real("y", y), side="right")
    return np.linspace(-1, 1, levels + 1)[k]


def in_levels(negative_log_likelihood, features, levels):
    """-log of the density of (levels + 1) y, from that of y, in nats.

    negative_log_likelihood: -log p_Y(y), any shape. features, levels: integers.
    Returns its shape.

    >>> float(in_levels(0.0, 2, 16)) == 2 * float(np.log(17))
    True
    """
    log_gradient = np.full(count("features", features), -np.log(count("levels", levels) + 1))
    return real("negative_log_likelihood", negative_log_likelihood) - log_gradient.sum()
