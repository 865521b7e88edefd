"""The value of the game on samples, from its definition.

    V(D, G) = mean log D(x) + mean log(1 - D(G(z))),    D = 1 / (1 + exp(-a))

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1; -log 4 where D = 1/2.
"""

import numpy as np

from reference.arrays import broadcast, event, real
from reference.primitives import log_sigmoid


def value(real_logits, fake_logits):
    """V(D, G) over two samples, in nats: at most 0.

    real_logits, fake_logits: logits a of real (n,) and of generated (m,) examples.
    Returns one number.

    >>> float(value([0.0], [0.0, 0.0])) == -float(np.log(4))
    True
    """
    real_logits = event("real_logits", real("real_logits", real_logits, infinite=True))
    fake_logits = event("fake_logits", real("fake_logits", fake_logits, infinite=True))
    real_part, fake_part = log_sigmoid(real_logits).mean(-1), log_sigmoid(-fake_logits).mean(-1)
    return sum(broadcast(real_logits=real_part, fake_logits=fake_part))


@np.errstate(all="ignore")
def distance_from_half(real_logits, fake_logits):
    """The mean of |D - 1/2| over each sample, averaged over both samples, in [0, 1/2].

    real_logits, fake_logits: logits a of real (n,) and of generated (m,) examples.
    Returns one number.

    >>> float(distance_from_half([np.inf], [0.0, 0.0]))
    0.25
    """
    real_logits = event("real_logits", real("real_logits", real_logits, infinite=True))
    fake_logits = event("fake_logits", real("fake_logits", fake_logits, infinite=True))
    # |D - 1/2| = |1 - e^-|a|| / (1 + e^-|a|) / 2, exact also where D is near 1/2.
    real_share, fake_share = (
        (-np.expm1(-np.abs(a)) / (1 + np.exp(-np.abs(a)))).mean(-1) / 2
        for a in (real_logits, fake_logits)
    )
    return sum(broadcast(real_logits=real_share, fake_logits=fake_share)) / 2
