"""What the best of n settings is worth to expect, from K that were drawn, with its interval.

    E max(v_S) = sum_i v_(i) C(i - 1, n - 1) / C(K, n),    S each set of n of K as likely

the mean over all sets of n, exact for settings that are drawn from one space: with replacement,
as in Dodge et al., it is too low, since one setting may count twice. v_k is the mean over seeds
of setting k, for who picks a setting picks it for seeds to come, and a maximum over single seeds
would praise luck.

Two intervals, each of 2,000 draws with replacement and their quantiles. `band`: had other seeds
been drawn, the same for all settings. `interval`: had other settings and other seeds been drawn.
FIGURES

Dodge et al., "Show Your Work: Improved Reporting of Experimental Results" (2019), section 3; Tang
et al., "Showing Your Work Doesn't Always Work" (2020), section 3, for the unbiased form; Efron,
"Bootstrap Methods" (1979).
"""

from math import comb

import numpy as np
from numpy.typing import NDArray

DRAWS, LEVEL = 2_000, 0.95
Array = NDArray[np.float64]


def best_of(values: Array) -> Array:
    """The mean, over all sets of n values, of the largest; for n from 1 to K.

    values: v of each setting, the larger the better, shape (..., K). Returns shape (..., K).
    """
    count = values.shape[-1]
    sizes = range(1, count + 1)
    weights = [[comb(i - 1, n - 1) / comb(count, n) for n in sizes] for i in sizes]
    return np.asarray(np.sort(values, axis=-1) @ np.array(weights))


def band(values: Array) -> tuple[Array, Array]:
    """The lower and the upper edge of best_of when other seeds had been drawn, (K,) each.

    values: of each setting and seed, the larger the better, shape (K, R).
    """
    replicas = values.shape[1]
    drawn = np.random.default_rng(0).integers(replicas, size=(DRAWS, replicas))
    return _edges(best_of(values[:, drawn].mean(-1).T))


def interval(values: Array) -> tuple[Array, Array]:
    """The lower and the upper edge of best_of when other settings had been drawn too, (K,) each.

    values: of each setting and seed, the larger the better, shape (K, R).
    """
    settings, replicas = values.shape
    rng = np.random.default_rng(0)
    which = rng.integers(settings, size=(DRAWS, settings))
    seeds = rng.integers(replicas, size=(DRAWS, settings, replicas))
    return _edges(best_of(values[which[..., None], seeds].mean(-1)))


def _edges(curves: Array) -> tuple[Array, Array]:
    low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
