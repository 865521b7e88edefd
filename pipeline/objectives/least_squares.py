"""The least-squares game of the discriminator and the generator.

    L_D = 1/2 E_x[ (D(x) - b)^2 ] + 1/2 E_z[ (D(G(z)) - a)^2 ]
    L_G = 1/2 E_z[ (D(G(z)) - c)^2 ]

Mao, Li, Xie, Lau, Wang & Smolley, "Least Squares Generative Adversarial Networks" (2017),
equation 2. D is any real number, not a probability, and its optimum is
(b p_data + a p_g) / (p_data + p_g). The labels a, b, c are 0, 1, 1 in equation 9. With -1, 1, 0,
equation 8, the generator minimises half of the integral of (p_data - p_g)^2 / (p_data + p_g), the
Pearson chi-square between p_data + p_g and 2 p_g: the denominator is the sum p_data + p_g.
"""

from torch import Tensor


def discriminator_loss(
    real_scores: Tensor, fake_scores: Tensor, a: float = 0.0, b: float = 1.0
) -> Tensor:
    """((D(x) - b)^2 + (D(G(z)) - a)^2) / 2 of each pair of a real and a generated example.

    real_scores: D of real examples, shape (B,). fake_scores: D of generated ones, shape (B,).
    a, b: D's targets for generated and for real examples.
    Returns shape (B,).
    """
    return ((real_scores - b).square() + (fake_scores - a).square()) / 2


def generator_loss(fake_scores: Tensor, c: float = 1.0) -> Tensor:
    """(D(G(z)) - c)^2 / 2 of each generated example.

    fake_scores: D of generated examples, shape (B,). c: the generator's target.
    Returns shape (B,).
    """
    return (fake_scores - c).square() / 2
