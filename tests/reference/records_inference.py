"""Records of the statistics of a verdict."""

import numpy as np

from tests.reference.definitions_inference import (
    best,
    binomial,
    contrast,
    crossed,
    exact_share,
    middle,
    new_mean,
    new_share,
    quantile,
    shown,
    tail,
)
from tests.reference.definitions_models import n
from tests.reference.exact import precise
from tests.reference.record import Record

RECORDS = {
    "student_tail": Record(
        lambda r: [float(r.uniform(0, 5)), float(r.uniform(1, 30))], precise(tail, 40), rtol=1e-11
    ),
    "student_quantile": Record(
        lambda r: [float(r.uniform(0.001, 0.4)), float(r.uniform(1, 30))],
        precise(quantile, 40),
        rtol=1e-11,
    ),
    "contrast": Record(
        lambda r: [n((4,), (3,))(r), np.array([1.0, -1.0]), 0.025],
        precise(contrast, 30),
        rtol=1e-11,
        atol=1e-14,
    ),
    "binomial_tail": Record(
        lambda r: [int(r.integers(0, 9)), 9, float(r.uniform(0.1, 0.9))], precise(binomial, 400)
    ),
    "clopper_pearson": Record(
        lambda r: [int(r.integers(0, 10)), 9, 0.025], precise(exact_share, 60), rtol=1e-11
    ),
    "median_interval": Record(lambda r: [r.normal(size=9), 0.05], precise(middle, 60)),
    "power": Record(
        lambda r: [6, 1.0, 0.9, 0.95, str(r.choice(["mean", "equivalence"]))],
        precise(shown, 30),
        rtol=1e-9,
    ),
    "new_mean": Record(
        lambda r: [r.normal(size=5), 4, 0.99], precise(new_mean, 30), rtol=1e-11, atol=1e-14
    ),
    "new_share": Record(lambda r: [int(r.integers(0, 6)), 5, 4, 0.9], precise(new_share, 60)),
    "two_way": Record(
        lambda r: [r.integers(0, 2, (3, 5)).astype(float)], precise(crossed, 700), atol=1e-16
    ),
    "expected_best": Record(lambda r: [r.normal(size=5), 3], precise(best, 700)),
}
