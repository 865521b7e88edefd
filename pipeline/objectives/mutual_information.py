"""A lower bound on the mutual information of a code and the sample that is made of it.

    L_I(G, Q) = E_{c, x = G(z, c)}[ log Q(c | x) ] + H(c)  <=  I(c; G(z, c))

Chen et al., "InfoGAN" (2016), equations 4 and 5; Barber & Agakov, "The IM Algorithm" (2003). It is
tight where Q is the posterior. c is one of K categories, uniform, H(c) = log K, and Q a softmax;
or d numbers, each uniform on [-1, 1], H(c) = d log 2, and Q a Gaussian. Both functions return the
summand of one example, in nats: players minimise its negative.
"""

import math

from torch import Tensor

from pipeline.objectives import cross_entropy as classes
from pipeline.objectives import gaussian


def category_information(logits: Tensor, code: Tensor) -> Tensor:
    """log Q(c | x) + log K of each example, at most log K.

    logits: of Q, one per category, shape (B, K).
    code: the category c in 0 ... K - 1 that x was made of, integers of shape (B,).
    Returns shape (B,).
    """
    return math.log(logits.shape[-1]) - classes.cross_entropy(logits, code)


def uniform_information(mean: Tensor, log_variance: Tensor, code: Tensor) -> Tensor:
    """log N(c; m, exp(v)) + d log 2 of each example. Without a limit to v it is unbounded.

    mean, log_variance: m and v of Q, shape (B, d), or v any shape that broadcasts to it.
    code: c, shape (B, d), uniform on [-1, 1].
    Returns shape (B,).
    """
    return code.shape[-1] * math.log(2) + gaussian.log_density(code, mean, log_variance)
