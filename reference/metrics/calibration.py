"""The expected calibration error of a classifier, bin by bin.

    ECE = sum_m |B_m| / n | acc(B_m) - conf(B_m) |,    B_m: confidence in ((m - 1) / M, m / M]

Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks" (2017), equation 3.
"""

import numpy as np

from reference.arrays import dimensions, real


def calibration_error(confidence, right, bins=15):
    """The expected calibration error, in 0 to 1.

    confidence: the largest probability of each example, in (0, 1], shape (N,).
    right: whether the class that has it is the example's, 0 or 1, shape (N,). bins: M.
    Returns one number.

    >>> float(calibration_error([0.9, 0.9], [1.0, 0.0]))
    0.4
    """
    confidence = dimensions("confidence", real("confidence", confidence), 1)
    right = dimensions("right", real("right", right), 1)
    total = 0.0
    for m in range(1, bins + 1):
        own = np.ceil(confidence * bins).clip(1, bins) == m
        if own.any():
            gap = right[own].mean() - confidence[own].mean()
            total += own.sum() / len(confidence) * abs(gap)
    return total
