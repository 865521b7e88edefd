"""The likelihood of data under an invertible map to standard normal noise.

    -log p(x) = 1/2 sum_j [ z_j^2 + log 2 pi ] - log |det dz/dx|,    z = f(x)

Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017), equations 2 and 3.
"""

import math

from torch import Tensor


def negative_log_likelihood(z: Tensor, log_det: Tensor) -> Tensor:
    """-log p(x) of each example, summed over features, in nats.

    z: the noise f(x), shape (B, features).
    log_det: log |det dz/dx|, shape (B,).
    Returns shape (B,).
    """
    return (z.square() + math.log(2 * math.pi)).sum(-1) / 2 - log_det
