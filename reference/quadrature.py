"""Integrals by composite Gauss-Legendre quadrature.

    integral f = sum_i w_i f(x_i), exact for polynomials of degree 2 m - 1 on every interval

The caller chooses the intervals: put breakpoints at the means of a density and at 2, 4 and 8 of
its standard deviations. The trapezoidal rule needs thousands of points for what 64 do here.
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, number, positive, real, refuse
from reference.errors import ShapeError


def gauss_legendre(breaks, m=64):
    """Nodes and weights, with m nodes on each interval between breakpoints.

    breaks: increasing, shape (n,), n at least 2. m: nodes per interval.
    Returns two arrays of shape ((n - 1) m,).

    >>> x, w = gauss_legendre([0.0, 1.0, 3.0], 8)
    >>> round(float(w @ x**2), 12)
    9.0
    """
    breaks = dimensions("breaks", real("breaks", breaks), 1)
    if len(breaks) < 2:
        raise ShapeError(f"breaks must hold at least two points: shape {breaks.shape}")
    half = np.diff(breaks / 2)[:, None]
    refuse("breaks", breaks[1:], half[:, 0] <= 0, "increasing")
    node, weight = np.polynomial.legendre.leggauss(count("m", m))
    middle = (breaks[:-1] / 2 + breaks[1:] / 2)[:, None]
    return (middle + half * node).ravel(), (half * weight).ravel()


def gauss_hermite(m):
    """Nodes and weights of an expectation over the standard normal: E f(z) = sum w f(x).

    m: number of nodes.
    Returns two arrays of shape (m,).

    >>> x, w = gauss_hermite(20)
    >>> round(float(w @ x**4), 12)
    3.0
    """
    m = count("m", m)
    refuse("m", m, m > 180, "at most 180: then weights underflow")
    node, weight = np.polynomial.hermite_e.hermegauss(m)
    return node, weight / weight.sum()


def gaussian_breaks(means, scales):
    """Breakpoints at each mean and at 2, 4, 8 and 38 of its standard deviations around it.

    means, scales: of the components of a density on the line, shape (K,).
    Returns increasing points.

    >>> len(gaussian_breaks([0.0], [1.0]))
    9
    """
    means, scales = equal_shapes(
        means=dimensions("means", np.atleast_1d(real("means", means)), 1),
        scales=np.atleast_1d(positive("scales", scales)),
    )
    steps = np.array([-38, -8, -4, -2, 0, 2, 4, 8, 38])
    return np.unique(means[:, None] + scales[:, None] * steps)


def graded(points, widths, reach):
    """Breakpoints around rapid changes of an integrand: 4, 32, 256 ... widths on either side.

    The length of each interval is then proportional to its distance from the change, so that the
    integrand is smooth on it.

    points: shape (n,). widths: of the changes, above 0, shape (n,). reach: the largest distance.
    Returns the finite points, unsorted.

    >>> sorted(graded([0.0], [1.0], 50.0).tolist())
    [-32.0, -4.0, 0.0, 4.0, 32.0]
    """
    points, widths = equal_shapes(
        points=np.atleast_1d(real("points", points)),
        widths=np.atleast_1d(positive("widths", widths)),
    )
    if points.ndim > 1:
        raise ShapeError(f"points must be one-dimensional: shape {points.shape}")
    found, reach = [points], number("reach", reach)
    step = 4 * widths
    while np.any(step < reach):
        found += [(points - step)[step < reach], (points + step)[step < reach]]
        step = 8 * step
    return np.concatenate(found)
