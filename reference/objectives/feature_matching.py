"""Feature matching: the squared distance of mean features.

    L = | E_x f(x) - E_z f(G(z)) |^2

Salimans et al., "Improved Techniques for Training GANs" (2016), section 3.1.
"""

import numpy as np

from reference.arrays import two_samples
from reference.distance import norm


@np.errstate(all="ignore")
def feature_matching_loss(real, fake):
    """The squared distance of the means of two samples of features, shape (n, d) and (m, d).

    >>> float(feature_matching_loss([[0.0, 0.0]], [[3.0, 0.0], [3.0, 8.0]]))
    25.0
    """
    real, fake = two_samples(real=real, fake=fake)
    return norm(real.mean(0) - fake.mean(0)) ** 2


def feature_matching_loss_gradient(real, fake):
    """Derivative in each feature of each sample, 2 / m (mean fake - mean real), shape (m, d).

    >>> feature_matching_loss_gradient([[0.0]], [[2.0], [4.0]]).tolist()
    [[3.0], [3.0]]
    """
    real, fake = two_samples(real=real, fake=fake)
    lead = fake.mean(0) - real.mean(0)
    return np.tile(2 * lead / len(fake), (len(fake), 1))
