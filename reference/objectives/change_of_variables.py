"""The likelihood of data under an invertible map to standard normal noise.

    p(x) = N(f(x); 0, I) |det df/dx|

Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017), equations 2 and 3: the
density of the noise times the change of volume.
"""

import numpy as np

from reference.arrays import event, real
from reference.errors import ShapeError
from reference.theory.likelihood import gaussian_loglik


def _arguments(z, log_det):
    z, log_det = event("z", real("z", z)), real("log_det", log_det)
    if log_det.shape != z.shape[:-1]:
        raise ShapeError(f"log_det {log_det.shape} must be {z.shape[:-1]}")
    return z, log_det


@np.errstate(all="ignore")
def negative_log_likelihood(z, log_det):
    """-log p(x) of each example, in nats.

    z: f(x), shape (..., features). log_det: log |det df/dx|, shape (...).
    Returns shape (...).

    >>> round(float(negative_log_likelihood([0.0, 0.0], 0.0)), 6)
    1.837877
    """
    z, log_det = _arguments(z, log_det)
    return 0.0 - gaussian_loglik(z, 0.0, 0.0).sum(-1) - log_det


def negative_log_likelihood_gradients(z, log_det):
    """Derivatives in each z and in log_det: z and -1.

    Arguments as negative_log_likelihood. Returns shapes (..., features) and (...).

    >>> [s.tolist() for s in negative_log_likelihood_gradients([3.0], 0.0)]
    [[3.0], -1.0]
    """
    z, log_det = _arguments(z, log_det)
    return z + 0.0, 0.0 * log_det - 1.0
