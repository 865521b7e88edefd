"""Records of exact models: latents, likelihoods, diffusion, flows."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_models import conditional_uniform, spd
from tests.reference.exact import exp, log, precise
from tests.reference.record import Record

RECORDS = {
    "pushforward_1d": Record(
        lambda r: [
            r.uniform(1, 2, 3),
            lambda z: -(z**2),
            lambda z: z**3,
            lambda z: 3 * z**2,
            0.0,
            2.0,
        ],
        precise(
            lambda x, *_: (
                -(exp(2 * log(x) / 3)) - log(3 * exp(2 * log(x) / 3))
                if (x > 0).all()
                else x + mp.nan
            ),
        ),
        rtol=1e-10,
        # z^3 has the digits of x, of which a denormal number has few
        atol=lambda x, *_: 5e-324 / np.maximum(np.abs(x), 5e-324).min(initial=1.0),
    ),
    "rosenblatt": Record(
        lambda r: [r.normal(size=(3, 2)), r.normal(size=2), spd(r)],
        precise(conditional_uniform, 1300),
        rtol=1e-11,
        atol=1e-300,
    ),
}
