"""The optimal denoiser of a mixture of Gaussians, mode by mode.

    E[ e | x_t ] = sum_k P(k | x_t) E[ e | x_t, k ]

where the second factor is the linear denoiser of one Gaussian (reference/theory/diffusion.py)
and the first comes from Bayes' rule. Efron, "Tweedie's formula and selection bias" (2011).
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, number, real
from reference.primitives import log_softmax
from reference.theory.diffusion import optimal_eps_gaussian
from reference.theory.likelihood import gaussian_loglik


def optimal_noise(xt, signal, means, scale):
    """E[ e | x_t ], shape (N, features).

    xt: shape (N, features). signal: A, shape (N, 1). means: m_k, shape (K, features). scale: s.

    >>> optimal_noise([[2.0]], [[0.75]], [[0.0]], 1.0).round(12).tolist()
    [[1.0]]
    """
    xt, means = dimensions("xt", real("xt", xt), 2), dimensions("means", real("means", means), 2)
    scale, rows = number("scale", scale), []
    cov = scale**2 * np.eye(means.shape[1])
    for x, (a,) in zip(xt, real("signal", signal), strict=True):
        log_variance = np.log(a * scale**2 + (1 - a))
        fit = gaussian_loglik(x, np.sqrt(a) * means, log_variance).sum(-1)
        each = [optimal_eps_gaussian(x, 1, m, cov, [1 - a]) for m in means]
        rows.append(np.exp(log_softmax(fit)) @ np.stack(each))
    return np.stack(rows)


def excess(predicted, optimal):
    """The mean over examples and features of their squared difference.

    predicted, optimal: shape (N, features). Returns one number.

    >>> float(excess([[1.0, 0.0]], [[0.0, 0.0]]))
    0.5
    """
    p, o = equal_shapes(predicted=real("predicted", predicted), optimal=real("optimal", optimal))
    with np.errstate(all="ignore"):
        return np.mean((dimensions("predicted", p, 2) - o) ** 2)
