"""What a discriminator pays for its gradient g = df/dx at an example.

    one-centred     (|g(x^)| - 1)^2,    x^ = e x + (1 - e) G(z),    e uniform in [0, 1)
    zero-centred    |g(x)|^2 / 2

The first, at points between data and samples, is equation 3 and algorithm 1 of Gulrajani, Ahmed,
Arjovsky, Dumoulin & Courville, "Improved Training of Wasserstein GANs" (2017): a best critic has
gradient 1 along the lines that mass is carried on. The second is equation 9 of Mescheder, Geiger &
Nowozin, "Which Training Methods for GANs do actually Converge?" (2018), called R1 on data and R2
on samples: at the equilibrium the discriminator is flat. The weights, lambda and gamma, are the
model's.
"""

from torch import Tensor
from torch.linalg import vector_norm


def between(real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """e x + (1 - e) G(z): a point on the line from each generated example to its real one.

    real, fake: x and G(z), shape (B, features). epsilon: one e per example, shape (B,). An e of
    its own for each feature would fill the box between the two, where no mass is carried.
    Returns shape (B, features).
    """
    e = epsilon[:, None]
    return e * real + (1 - e) * fake


def one_centred(gradients: Tensor) -> Tensor:
    """(|g| - 1)^2 of each example: 0 where the critic rises by 1 per unit of length.

    gradients: g, shape (B, features).
    Returns shape (B,).
    """
    # |g| has no derivative at 0: vector_norm takes 0 there, the square root of a sum NaN.
    norms: Tensor = vector_norm(gradients, dim=-1)
    return (norms - 1).square()


def zero_centred(gradients: Tensor) -> Tensor:
    """|g|^2 / 2 of each example, summed over the features.

    gradients: g, shape (B, features).
    Returns shape (B,).
    """
    return gradients.square().sum(-1) / 2
