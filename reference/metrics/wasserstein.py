"""The earth mover's distance of two samples on the line.

    W1 = integral |F(t) - G(t)| dt,    F, G the empirical distribution functions

Villani, "Topics in Optimal Transportation" (2003), remark 2.19 (iii).
"""

from reference.theory.transport import w1_1d


def wasserstein(x, y):
    """W1 of two samples, in the unit of x.

    x, y: samples, shape (n,) and (m,), or (n, 1) and (m, 1).
    Returns one number, at least 0.

    >>> float(wasserstein([0.0, 1.0], [3.0]))
    2.5
    """
    return w1_1d(x, y)
