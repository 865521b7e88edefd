"""Uniform dequantisation: grey levels spread evenly over their cells.

    cell k of y = [ k / n, (k + 1) / n ),    n = levels + 1

Theis, van den Oord & Bethge, "A note on the evaluation of generative models" (2016), section
3.1: the density of n y is the density of y times |dy / d(n y)| = 1/n, feature by feature.
"""

import numpy as np

from reference.arrays import broadcast, count, real, refuse, within


def spread(x, u, levels):
    """y, the point of the pixel's cell at the fraction u above its lower end.

    x: in [-1, 1], on the grid of levels + 1 values. u: in [0, 1]. levels: above the lowest.
    Returns the shape that x and u broadcast to.

    >>> spread([-1.0, 1.0], [0.5, 0.0], 1).tolist()
    [0.25, 0.5]
    """
    x, u = broadcast(x=within("x", x, -1, 1), u=within("u", u, 0, 1))
    levels = count("levels", levels)
    k = np.round((x + 1) * (levels / 2))
    refuse("x", x, np.abs((x + 1) * (levels / 2) - k) > 1e-3, f"one of {levels + 1} grey levels")
    return (k + u) / (levels + 1)


def gathered(y, levels):
    """The grid value whose cell contains y, or that of the nearest cell.

    y: any shape. levels: above the lowest. Returns the shape of y.

    >>> gathered([0.25, 0.75, -3.0], 1).tolist()
    [-1.0, 1.0, -1.0]
    """
    levels = count("levels", levels)
    ends = np.arange(1, levels + 1) / (levels + 1)  # the lower ends of all cells but the first
    return np.linspace(-1, 1, levels + 1)[np.searchsorted(ends, real("y", y), side="right")]


def in_levels(negative_log_likelihood, features, levels):
    """-log of the density of (levels + 1) y, from that of y, in nats.

    negative_log_likelihood: -log p_Y(y), any shape. features, levels: integers.
    Returns its shape.

    >>> float(in_levels(0.0, 2, 16)) == 2 * float(np.log(17))
    True
    """
    cells = count("features", features) * np.log(count("levels", levels) + 1)
    return real("negative_log_likelihood", negative_log_likelihood) + cells
