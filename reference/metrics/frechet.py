"""The Frechet distance of two samples, each taken as a Gaussian.

    d^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2) = |m1 - m2|^2 + min_Q |A - Q B|^2

with A'A = S1, B'B = S2 and Q orthogonal. Dowson & Landau (1982); Heusel et al., "GANs Trained
by a Two Time-Scale Update Rule" (2017), equation 6. The right-hand side needs no matrix root: it
is exact and not negative also for the singular covariance of a collapsed generator.
"""

import numpy as np

from reference.arrays import samples
from reference.errors import ShapeError
from reference.theory.transport import procrustes


def _factor(name, x):
    x = samples(name, x, least=2)
    mean = x.mean(0)
    return np.linalg.qr((x - mean) / np.sqrt(len(x) - 1), mode="r"), mean


@np.errstate(all="ignore")
def frechet_distance(x, y):
    """d^2 between the Gaussians with the samples' means and covariances (divided by n - 1).

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns one number, at least 0.

    >>> round(float(frechet_distance([[0.0], [2.0]], [[3.0], [7.0]])), 12)
    18.0
    """
    (a, ma), (b, mb) = _factor("x", x), _factor("y", y)
    if len(ma) != len(mb):
        raise ShapeError(f"x has {len(ma)} columns and y {len(mb)}")
    rows = max(len(a), len(b))
    a, b = (np.vstack([m, np.zeros((rows - len(m), len(ma)))]) for m in (a, b))
    return ((ma - mb) ** 2).sum() + procrustes(a, b)
