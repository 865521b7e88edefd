"""The squared error of a network that predicts the noise in a noisy example.

    | e - e'(x_t, t) |^2,    x_t = sqrt(A_t) x_0 + sqrt(1 - A_t) e

Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equation 14: the bound on
-log p(x) with the weight of each step replaced by 1.
"""

from torch import Tensor


def squared_error(noise: Tensor, predicted: Tensor) -> Tensor:
    """|e - e'|^2 of each example, summed over features; no unit.

    noise: e, shape (B, features).
    predicted: e', shape (B, features).
    Returns shape (B,).
    """
    return (noise - predicted).square().sum(-1)
