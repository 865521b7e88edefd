"""The rate of each latent in nats, and the number of active latents.

    rate_j = 1/N sum_n KL( N(m_nj, s_nj^2) || N(0, 1) ),    active: Var_n m_nj > 0.01

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5.2.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real
from reference.objectives.gaussian_kl import kl_to_standard_normal


def rates(mean, log_variance):
    """KL of each latent averaged over examples, in nats.

    mean, log_variance: m and v = log s^2 of q(z | x), shape (N, latent).
    Returns shape (latent,).

    >>> rates([[3.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]).tolist()
    [2.5, 0.0]
    """
    m, v = equal_shapes(mean=real("mean", mean), log_variance=real("log_variance", log_variance))
    columns = zip(dimensions("mean", m, 2).T, v.T, strict=True)
    return np.array([kl_to_standard_normal(a[:, None], b[:, None]).mean() for a, b in columns])


def active_units(mean):
    """The number of latents whose posterior mean has a variance over examples above 0.01.

    mean: m of q(z | x), shape (N, latent).
    Returns one number.

    >>> float(active_units([[1.0, 0.05], [-1.0, -0.05]]))
    1.0
    """
    mean = dimensions("mean", real("mean", mean), 2)
    with np.errstate(all="ignore"):  # a variance that overflows is above 0.01
        columns = (mean - mean[0]).T  # exactly 0 for equal means, however large
        return float(sum(((m - m.mean()) ** 2).mean() > 0.01 for m in columns))
