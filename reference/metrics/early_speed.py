"""The mean of a number early in a training.

    mean of v_i over the snapshots  0 < t_i <= T / 5

Goodfellow et al., "Generative Adversarial Nets" (2014), section 3, on early learning.
"""

import numpy as np

from reference.arrays import dimensions, equal_shapes, real, refuse, whole


def early_mean(values, rounds):
    """The mean over the snapshots of the first fifth of a training, without that at round 0.

    values: a number at each snapshot, shape (M,). rounds: those of the snapshots, from 0 to T.
    Returns one number.

    >>> float(early_mean([9.0, 4.0, 2.0, 1.0], [0, 10, 20, 100]))
    3.0
    """
    values = dimensions("values", real("values", values), 1)
    values, rounds = equal_shapes(values=values, rounds=whole("rounds", rounds, 0))
    refuse("rounds", rounds, np.diff(rounds, prepend=-1) <= 0, "rising")
    early = [v for v, t in zip(values, rounds, strict=True) if 0 < t <= rounds[-1] / 5]
    refuse("rounds", rounds[-1], not early, "the end of a training with a snapshot in its fifth")
    return np.mean(early)
