"""The game of a critic f whose optimum is a distance between the two distributions.

    L_f = E_z[ f(G(z)) ] - E_x[ f(x) ],    L_G = -E_z[ f(G(z)) ]

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), equations 2 and 3: the paper maximises,
the losses here are minimised. Over all f with Lipschitz constant 1, the minimum of L_f is minus
the Wasserstein-1 distance. Without a bound on the gradient it is -inf: the model must provide one.
"""

from torch import Tensor


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """f(G(z)) - f(x) of each pair of a real and a generated example, in the units of f.

    real_scores: the critic's f of real examples, shape (B,). fake_scores: of generated ones.
    Returns shape (B,).
    """
    return fake_scores - real_scores


def generator_loss(fake_scores: Tensor) -> Tensor:
    """-f(G(z)) of each generated example, in the units of f.

    fake_scores: the critic's f of generated examples, shape (B,).
    Returns shape (B,).
    """
    return -fake_scores
