"""The round from which on every mode of a mixture is kept.

    t = min { t_i : K modes are kept at t_i, t_(i+1), ..., t_M },  i < M,    or t_M if none

Irwin (1949) for its mean over seeds, the restricted mean of survival analysis.
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, refuse, whole
from reference.metrics.coverage import SHELLS, cell_histogram


def modes_kept(x, means, scale):
    """How many modes have a quarter of their weight, or more, within three standard deviations.

    x: samples, shape (n, d). means: modes m, shape (K, d), equal weights. scale: sigma.
    Returns a number in 0 ... K.

    >>> modes_kept([[0.1], [0.2], [2.0]], [[0.0], [1.0]], 0.1)
    1
    """
    cells = cell_histogram(x, means, scale).reshape(-1, SHELLS + 1)
    good = cells.sum(1) - cells[:, SHELLS]
    return int(np.count_nonzero(4 * len(cells) * good >= cells.sum()))


def rounds_to_all(covered, rounds, modes):
    """The round from which on no mode is missing; the last one if there is no earlier one.

    covered: modes kept at each snapshot, shape (M,). rounds: those of the snapshots,
    increasing, shape (M,). modes: K.
    Returns one of the rounds.

    >>> int(rounds_to_all([0, 8, 7, 8, 8], [0, 10, 20, 30, 40], 8))
    30
    """
    covered = dimensions("covered", whole("covered", covered, 0, count("modes", modes) + 1), 1)
    covered, rounds = equal_shapes(covered=covered, rounds=whole("rounds", rounds, 0))
    refuse("rounds", rounds, np.diff(rounds, prepend=-1) <= 0, "rising")
    missing = np.flatnonzero(covered[:-1] < modes)
    after = missing[-1] + 1 if len(missing) else 0
    return rounds[after if covered[-1] == modes else -1]
