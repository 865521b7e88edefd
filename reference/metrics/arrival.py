"""The round from which on every mode of a mixture is covered.

    t = min { t_i : K modes are covered at t_i, t_(i+1), ..., t_M },  i < M,    or t_M if none

Irwin (1949) for its mean over seeds, the restricted mean of survival analysis.
"""

import numpy as np

from reference.arrays import count, dimensions, equal_shapes, refuse, whole


def rounds_to_all(covered, rounds, modes):
    """The round from which on no mode is missing; the last one if there is no earlier one.

    covered: modes covered at each snapshot, shape (M,). rounds: those of the snapshots,
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
