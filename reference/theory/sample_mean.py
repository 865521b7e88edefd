"""The sample mean as an estimate of an expectation, and the bias of its logarithm.

    SE(mean of n) = s / sqrt(n),    E log(mean of w) <= log E w

The first is why training needs samples only. The second is Jensen's inequality: the logarithm of
an average is biased downwards, so that the ELBO and the IWAE bound are lower bounds.
"""

import numpy as np

from reference.arrays import count, non_negative, probabilities, real
from reference.errors import ShapeError
from reference.primitives import logsumexp


def standard_error(deviation, n):
    """s / sqrt(n): one more digit needs a hundred times the samples.

    deviation: s, any shape. n: number of samples.
    Returns its shape.

    >>> float(standard_error(2.0, 100))
    0.2
    """
    return non_negative("deviation", deviation) / np.sqrt(count("n", n))


def _all_draws(values, k):
    grid = np.meshgrid(*[np.arange(len(values))] * k, indexing="ij")
    return np.stack([g.ravel() for g in grid], 1)


def expected_sample_mean(values, p, k):
    """The expected mean of k draws by enumeration; it equals that of one draw, for every k.

    values: the outcomes, shape (m,). p: their probabilities, shape (m,). m^k at most 10^6.
    Returns one number.

    >>> float(expected_sample_mean([0.0, 1.0], [0.5, 0.5], 3))
    0.5
    """
    values, p, draws = _enumerate("values", values, p, k)
    return (p[draws].prod(1) * values[draws].mean(1)).sum()


def expected_log_mean(log_values, p, k):
    """The expected log of the mean of k draws, by enumeration, in nats.

    It increases with k and stays below log E: the IWAE bound on a table.

    log_values: logs of the outcomes, shape (m,). p: shape (m,). m^k at most 10^6.
    Returns one number.

    >>> float(expected_log_mean([2.0, 2.0], [0.5, 0.5], 3))
    2.0
    """
    values, p, draws = _enumerate("log_values", log_values, p, k)
    weight = p[draws].prod(1)
    some = weight > 0
    return (weight * np.where(some, logsumexp(values[draws]) - np.log(k), 0.0)).sum()


def _enumerate(name, values, p, k):
    values, p, k = real(name, values), probabilities("p", p), count("k", k)
    if values.shape != p.shape or values.ndim != 1:
        raise ShapeError(f"{name} {values.shape} and p {p.shape} must be equal vectors")
    if len(values) ** k > 10**6:
        raise ShapeError(f"{len(values)}^{k} draws are too many to enumerate")
    return values, p, _all_draws(values, k)
