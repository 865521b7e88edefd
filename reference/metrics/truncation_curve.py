"""How much farther samples of truncated latents are than others.

    d_cut / d_whole

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3.1.
"""

import numpy as np

from reference.arrays import equal_shapes, non_negative, positive


@np.errstate(all="ignore")
def bearing(cut, whole):
    """The ratio of two distances; 1: no farther.

    cut, whole: distances, whole above 0, of one shape.
    Returns that shape.

    >>> float(bearing(3.0, 2.0))
    1.5
    """
    cut, whole = equal_shapes(cut=non_negative("cut", cut), whole=positive("whole", whole))
    return cut / whole
