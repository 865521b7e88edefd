"""The hinge game: the discriminator f is rewarded up to a margin of 1.

    L_D = E_x[ max(0, 1 - f(x)) ] + E_z[ max(0, 1 + f(G(z))) ],    L_G = -E_z[ f(G(z)) ]

Miyato, Kataoka, Koyama & Yoshida, "Spectral Normalization for Generative Adversarial Networks"
(2018), equations 16 and 17, which maximise min(0, -1 + f); Lim & Ye, "Geometric GAN" (2017). The
optimal f is the sign of p_data - p_g, where L_D = 2 (1 - TV), TV the total variation distance.
"""

from torch import Tensor


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """max(0, 1 - f(x)) + max(0, 1 + f(G(z))) of each pair of a real and a generated example.

    real_scores: f of real examples, shape (B,). fake_scores: f of generated ones, shape (B,).
    Returns shape (B,).
    """
    return (1 - real_scores).relu() + (1 + fake_scores).relu()


def generator_loss(fake_scores: Tensor) -> Tensor:
    """-f(G(z)) of each generated example, without a hinge, whose gradient would vanish.

    fake_scores: f of generated examples, shape (B,).
    Returns shape (B,).
    """
    return -fake_scores
