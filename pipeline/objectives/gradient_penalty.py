"""Gradient penalties: functions of a discriminator's gradient g = df/dx at an example.

    one-centred     (|g(x^)| - 1)^2,    x^ = e x + (1 - e) G(z),    e uniform in [0, 1)
    zero-centred    |g(x)|^2 / 2

The first, at points between data and samples, is equation 3 and algorithm 1 of Gulrajani, Ahmed,
Arjovsky, Dumoulin & Courville, "Improved Training of Wasserstein GANs" (2017): an optimal critic
has gradient norm 1 along the lines of optimal transport. The second is equation 9 of Mescheder,
Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018), called R1 on data
and R2 on samples: at the equilibrium the discriminator is constant. The weights, lambda and gamma,
are fields of the model.
"""

from torch import Tensor
from torch.linalg import vector_norm


def between(real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """x^ = e x + (1 - e) G(z): a point on the line between a generated and a real example.

    real, fake: x and G(z), shape (B, features). epsilon: one e per example, shape (B,); one e per
    feature would sample the whole box between the two examples instead of the line.
    Returns shape (B, features).
    """
    e = epsilon[:, None]
    return e * real + (1 - e) * fake


def one_centred(gradients: Tensor) -> Tensor:
    """(|g| - 1)^2 of each example: 0 where the critic's gradient norm is 1.

    gradients: g, shape (B, features).
    Returns shape (B,).
    """
    # |g| has no derivative at 0: vector_norm's gradient is 0 there, that of sum().sqrt() NaN.
    norms: Tensor = vector_norm(gradients, dim=-1)
    return (norms - 1).square()


def zero_centred(gradients: Tensor) -> Tensor:
    """|g|^2 / 2 of each example, summed over the features.

    gradients: g, shape (B, features).
    Returns shape (B,).
    """
    return gradients.square().sum(-1) / 2
