"""The Parzen window: a likelihood for a model that can only sample.

    p(x) = 1/n sum_i N(x; s_i, sigma^2 I)

Parzen, "On Estimation of a Probability Density Function and Mode" (1962); used to compare
models by Goodfellow et al., "Generative Adversarial Nets" (2014), section 5 and table 1.
"""

import numpy as np

from reference.arrays import count, number, positive, samples
from reference.errors import ShapeError
from reference.primitives import logmeanexp

TABLE = 2**22  # numbers


@np.errstate(all="ignore")
def parzen_loglik(x, samples_, sigma, chunk=256):
    """log p(x) under the window, log-mean-exp of the kernels, in nats.

    x: points, shape (n, d). samples_: the model's samples, shape (m, d). sigma: the window's
    standard deviation. chunk: points per batch, each with as many samples as fit in a table of
    differences of 32 MiB; it affects the memory, not the result.
    Returns shape (n,), finite however far x is from every sample.

    >>> round(float(parzen_loglik([[0.0]], [[0.0], [0.0]], 1.0)[0]), 6)
    -0.918939
    """
    x, s = samples("x", x), samples("samples_", samples_)
    if x.shape[1] != s.shape[1]:
        raise ShapeError(f"x {x.shape} and samples_ {s.shape} differ in their last axis")
    sigma, chunk = positive("sigma", number("sigma", sigma)), count("chunk", chunk)
    loglik = np.empty(len(x))
    for start in range(0, len(x), chunk):
        block = x[start : start + chunk]
        square = np.empty((len(block), len(s)))
        some = max(1, TABLE // block.size)
        for first in range(0, len(s), some):
            # Differences, not |x|^2 - 2 x s + |s|^2: far from the origin the latter cancels.
            apart = (block[:, None, :] - s[first : first + some]) / sigma
            square[:, first : first + some] = (apart**2).sum(-1)
        loglik[start : start + chunk] = logmeanexp(-0.5 * square)
    return loglik - x.shape[1] * (np.log(sigma) + 0.5 * np.log(2 * np.pi))
