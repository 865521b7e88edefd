"""What the best of n settings is worth, from K that were drawn, with its intervals.

    E max(v_S) = sum_i v_(i) C(i - 1, n - 1) / C(K, n),    S each set of n of K as likely

the mean over all sets of n, exact for settings that are drawn from one space: with replacement,
as in Dodge et al., it is too low, since one setting may count twice. v_k is the mean over seeds
of setting k, for who picks a setting picks it for seeds to come, and a maximum over single seeds
would praise luck.

`band`: had other seeds been drawn, the same for all settings: it holds 95 % of the curves of
2,000 draws of the seeds with replacement.

`interval`: had other settings been drawn. The best of n lies below x with a chance of F(x)^n, so
its median is the quantile 2^(-1/n) of F, and that lies between two of the K ordered values,

    v_(k) with P(X < k) <= error  and  v_(j) with P(X >= j) <= error,  X ~ Binomial(K, 2^(-1/n))

whatever the distribution. There is no such j, and no upper end, where 2^(-K/n) > error: 16 draws
bound the best of 3, at .025, and not that of 4, for what beats them all may be too rare to have
been drawn. To draw the settings with replacement hides this: the mean of the best of 4 of 16 then
lies above the interval in 10 to 16 of a hundred searches, and of 8 in up to 30, where 2.5 are
promised.

Dodge et al., "Show Your Work: Improved Reporting of Experimental Results" (2019), section 3; Tang
et al., "Showing Your Work Doesn't Always Work" (2020), section 3, for the unbiased form; Efron,
"Bootstrap Methods" (1979), for the band; Thompson, "On confidence ranges for the median" (1936),
for the quantile.
"""

from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy import stats

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
    curves = best_of(values[:, drawn].mean(-1).T)
    low, high = np.quantile(curves, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def interval(values: Array, error: float = (1 - LEVEL) / 2) -> tuple[Array, Array]:
    """The ends of the interval of the median of the best of n, for n from 1 to K, (K,) each.

    values: v of each setting, the larger the better, shape (K,).
    error: the most that the chance is that the truth lies below the interval, or above. An end
        that the draws do not show is infinite.
    """
    count = len(values)
    below = 2.0 ** (-1 / np.arange(1, count + 1))  # the chance that one setting is, (K,)
    padded = np.concatenate([[-np.inf], np.sort(values), [np.inf]])  # v_(0) and v_(K + 1)
    k = np.arange(count + 1)[:, None]  # P(X < k) at k: rises with k; P(X >= k) falls
    low = (stats.binom.cdf(k - 1, count, below) <= error).sum(0) - 1
    high = (stats.binom.sf(k - 1, count, below) > error).sum(0)
    return padded[low], padded[high]
