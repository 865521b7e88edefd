"""The optimal denoiser of a mixture of Gaussians, mode by mode.

    E[ e | x_t ] = sum_k P(k | x_t) E[ e | x_t, k ]

where the second factor is the linear denoiser of one Gaussian (reference/theory/diffusion.py)
and the first comes from Bayes' rule. Efron, "Tweedie's formula and selection bias" (2011).
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, inside, number, positive, real
from reference.errors import ShapeError
from reference.theory.mixture import mixture_shares


@np.errstate(all="ignore")
def optimal_noise(xt, signal, means, scale):
    """E[ e | x_t ], shape (N, features).

    xt: shape (N, features). signal: A, shape (N, 1). means: m_k, shape (K, features). scale: s.

    >>> optimal_noise([[2.0]], [[0.75]], [[0.0]], 1.0).round(12).tolist()
    [[1.0]]
    """
    xt, means = dimensions("xt", real("xt", xt), 2), dimensions("means", real("means", means), 2)
    scale, signal, rows = positive("scale", number("scale", scale)), real("signal", signal), []
    if signal.shape != (len(xt), 1) or xt.shape[1] != means.shape[1]:
        shapes = f"xt {xt.shape}, signal {signal.shape}, means {means.shape}"
        raise ShapeError(f"shapes do not fit: {shapes}")
    inside("signal", signal, 0, 1)
    for x, (a,) in zip(xt, signal, strict=True):
        wide = np.hypot(np.sqrt(a) * scale, np.sqrt(1 - a))  # the deviation of x_t in each mode
        shares = mixture_shares(x[None], np.sqrt(a) * means, wide)[0]
        each = np.sqrt(1 - a) / wide * ((x - np.sqrt(a) * means) / wide)
        rows.append(shares @ each)
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
