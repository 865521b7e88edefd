"""Records of what is measured of samples, of tables, and of transport."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import ratio, softplus, summed
from tests.reference.definitions_models import decoder_term, n
from tests.reference.definitions_models_2 import LEVELS
from tests.reference.definitions_samples import where
from tests.reference.definitions_samples_2 import phi, sliced
from tests.reference.definitions_samples_3 import (
    LABELLED,
    WHOLE,
    back,
    by_confidence,
    draw_error,
    kl_step,
    mixed,
    mixed_slopes,
    multiplied,
    of_pairs,
    overlap,
    right_of_few,
    snr,
    uniform_bound,
    unlabelled,
    various,
    windows,
)
from tests.reference.exact import cdf, exp, gradient, log, precise, softmax, sqrt, squares, ufunc
from tests.reference.record import Record
from tests.reference.records import domain_error, shape_error

RECORDS = {
    "log_interval": Record(
        lambda r: np.sort(r.normal(size=(2, 3)), 0),
        precise(
            lambda a, b: where(
                a == b,
                -mp.inf,
                ufunc(
                    lambda x, y: (
                        mp.log(phi(y) - phi(x) if x < 0 else phi(-x) - phi(-y))
                        if x < y
                        else -mp.inf
                    ),
                    2,
                )(a, b),
            ),
            700,
        ),
        rtol=1e-11,
    ),
    "centre_mass": Record(n((4,)), precise(lambda x: cdf(x) - mp.mpf("0.5"), 700)),
    "minimax_loss": Record(
        lambda r: list(r.normal(size=(2, 3))),
        precise(lambda r, f: -softplus(-r) - softplus(f), 400),
        atol=1e-300,
    ),
    "minimax_loss_gradients": Record(
        lambda r: list(r.normal(size=(2, 3))),
        precise(lambda r, f: (1 / (1 + exp(r)) + 0 * f, -1 / (1 + exp(-f)) + 0 * r)),
        atol=1e-300,
    ),
    "exchanged_loss": Record(
        lambda r: list(r.normal(size=(2, 3))),
        precise(lambda r, f: softplus(r) + softplus(-f), 400),
        atol=1e-300,
    ),
    "exchanged_loss_gradients": Record(
        lambda r: list(r.normal(size=(2, 3))),
        precise(lambda r, f: (1 / (1 + exp(-r)) + 0 * f, -1 / (1 + exp(f)) + 0 * r)),
        atol=1e-300,
    ),
    "change_of_variables.negative_log_likelihood": Record(
        n((2, 3), (2,)),
        precise(lambda z, d: summed(z**2 + mp.log(2 * mp.pi)) / 2 - d, 700),
    ),
    "change_of_variables.negative_log_likelihood_gradients": Record(
        n((2, 3), (2,)), lambda z, d: (z, -np.ones_like(d))
    ),
    "real_logit": Record(n((2, 3)), precise(lambda a: log(summed(exp(a))), 400), atol=1e-15),
    "real_logit_gradient": Record(n((2, 3)), precise(softmax, 400), atol=1e-300),
    "unlabelled_bound": Record(n((2, 3), (2, 3)), precise(unlabelled, 400), atol=1e-300),
    "unlabelled_bound_gradients": Record(
        n((2, 3), (2, 3)),
        precise(
            lambda a, b: (
                (q := softmax(a)) * (b + log(q) - unlabelled(a, b)[..., None]),
                q + 0 * b,
            ),
            700,
        ),
        atol=1e-15,
    ),
    "dequantisation.spread": Record(
        lambda r: [LEVELS(r, 3), r.random(3), 8],
        precise(lambda x, u, k: (ufunc(mp.nint)((x + 1) * k / 2) + u) / (k + 1)),
    ),
    "gathered": Record(
        lambda r: [2 * r.random(4) - 0.5, 4],
        precise(lambda y, k: 2 * np.clip(ufunc(mp.floor)((k + 1) * y), 0, k) / mp.mpf(k) - 1),
        atol=1e-16,
    ),
    "in_levels": Record(
        lambda r: [r.normal(size=3), 5, 4],
        precise(lambda x, d, k: x + d * mp.log(int(k) + 1), 400),
    ),
    "log_snr_schedule": Record(
        lambda r: [str(r.choice(["linear", "log_snr"])), 4], precise(snr), atol=1e-14
    ),
    "clean": Record(
        lambda r: [*n((3,), (3,))(r), 0.3],
        precise(lambda x, e, a: (x - e / sqrt(1 + exp(a))) * sqrt(1 + exp(-a)), 700),
    ),
    "noise_of": Record(
        lambda r: [*n((3,), (3,))(r), 0.3],
        precise(lambda x, y, a: (x - y / sqrt(1 + exp(-a))) * sqrt(1 + exp(a)), 700),
    ),
    "step_kl": Record(
        lambda r: [*n((2, 3), (2, 3))(r), 0.3, 1.1], precise(kl_step, 1500), atol=1e-320
    ),
    "reverse_step": Record(
        lambda r: [*n((3,), (3,), (3,))(r), 0.3, 1.1, 0.5], precise(back, 1500)
    ),
    "discretised_gaussian.negative_log_likelihood": Record(
        lambda r: [LEVELS(r, 2, 3), *n((2, 3), (2, 3))(r), 8],
        precise(lambda x, m, v, k: decoder_term(x, m, v, k + 1), 400),
        rtol=1e-11,
    ),
    "calibration_error": Record(
        lambda r: [r.uniform(0.01, 1, 5), r.integers(0, 2, 5).astype(float), 4],
        precise(by_confidence),
        (domain_error([0.0], [1.0]), domain_error([0.5], [2.0]), shape_error([0.5, 1.0], [1.0])),
    ),
    "nll.standard_error": Record(n((2, 3)), precise(draw_error, 400), (shape_error([[0.0]]),)),
    "log_bins": Record(
        lambda r: [LEVELS(r, 2, 3), *n((2, 3), (2, 3))(r), 9],
        precise(lambda x, m, v, k: -decoder_term(x, m, v, k), 400),
        rtol=1e-11,
    ),
    "distances": Record(n((3, 2), (4, 2)), precise(lambda x, y: sqrt(squares(x, y)), 700)),
    "feature_matching_loss": Record(
        n((3, 2), (4, 2)),
        precise(lambda a, b: ((a.mean(0) - b.mean(0)) ** 2).sum(), 700),
        atol=1e-320,
    ),
    "feature_matching_loss_gradient": Record(
        n((3, 2), (4, 2)),
        precise(lambda a, b: 2 * (b.mean(0) - a.mean(0)) / len(b) + 0 * b, 700),
    ),
    "gaussian.negative_log_likelihood_gradients": Record(
        n((2, 3), (2, 3), (2, 3)),
        precise(lambda x, m, v: ((m - x) * exp(-v), (1 - (x - m) ** 2 * exp(-v)) / 2), 700),
        atol=1e-300,
    ),
    "between": Record(
        lambda r: [*n((3, 2), (3, 2))(r), r.random(3)],
        precise(lambda x, y, e: e[:, None] * x + (1 - e)[:, None] * y, 700),
    ),
    "one_centred": Record(n((3, 2)), precise(lambda g: (sqrt(summed(g**2)) - 1) ** 2, 1300)),
    "one_centred_gradient": Record(
        n((3, 2)),
        precise(
            lambda g: (
                2 * (s := sqrt(summed(g**2)) - 1)[:, None] * ratio(g, (s + 1)[:, None] + 0 * g)
            ),
            1300,
        ),
    ),
    "zero_centred": Record(n((3, 2)), precise(lambda g: summed(g**2) / 2, 700), atol=1e-320),
    "zero_centred_gradient": Record(n((3, 2)), lambda g: g),
    "mixture_prior.log_density": Record(n((2, 3), (2, 3), (2, 3)), precise(mixed, 60)),
    "log_density_gradients": Record(
        # central differences with steps of 1e-25 are wrong by their squares
        n((2, 2), (2, 2), (2, 2)),
        mixed_slopes,
        rtol=1e-11,
        atol=1e-47,
    ),
    "category_information": Record(
        LABELLED,
        precise(
            lambda a, c: (
                log(np.take_along_axis(softmax(a), c[..., None].astype(int), -1)[..., 0])
                + mp.log(a.shape[-1])
            ),
            700,
        ),
        atol=4e-16,
    ),
    "category_information_gradient": Record(
        LABELLED,
        precise(lambda a, c: np.eye(a.shape[-1])[c.astype(int)] - softmax(a), 700),
        atol=4e-16,
    ),
    "uniform_information": Record(
        lambda r: [*n((2, 3), (2, 3))(r), r.uniform(-1, 1, (2, 3))], precise(uniform_bound, 700)
    ),
    "uniform_information_gradients": Record(
        lambda r: [*n((2, 3), (2, 3))(r), r.uniform(-1, 1, (2, 3))],
        precise(lambda m, v, c: ((c - m) * exp(-v), ((c - m) ** 2 * exp(-v) - 1) / 2), 700),
        atol=1e-300,
    ),
    "noise_prediction.squared_error": Record(
        n((2, 3), (2, 3)), precise(lambda a, b: summed((a - b) ** 2), 700), atol=1e-320
    ),
    "squared_error_gradients": Record(
        n((2, 3), (2, 3)), precise(lambda a, b: (2 * (a - b), 2 * (b - a)), 700)
    ),
    "squared_error_gradient": Record(n((2, 3), (2, 3)), precise(lambda x, y: 2 * (y - x), 700)),
    "round_arithmetic": Record(
        lambda r: r.integers(1, 7, 5).tolist(),
        multiplied,
        (domain_error(0, 1, 1, 1, 1), domain_error(1, 1.5, 1, 1, 1), shape_error(1, 1, [1], 1, 1)),
    ),
    "accuracy_of_few": Record(
        lambda r: [r.normal(size=(6, 2)), WHOLE(r, 3, 6), r.normal(size=(5, 2)), WHOLE(r, 3, 5)],
        precise(right_of_few, 1300),
        (
            shape_error([[0.0]], [], [[0.0]], [0]),
            shape_error([[0.0]], [0], [[0.0]], [0, 1]),
            shape_error([[0.0]], [0], [[0.0, 1.0]], [0]),
            shape_error([[0.0], [1.0]], [0], [[0.0]], [0]),
            domain_error([[0.0]], [-1], [[0.0]], [0]),
            domain_error([[0.0]], [0], [[0.0]], [0.5]),
        ),
    ),
    "completion_diversity": Record(
        lambda r: [r.normal(size=(3, 4, 2)), np.eye(4, 2, -int(r.integers(3))), *n((4, 2))(r)],
        precise(various, 1300),
        (
            domain_error([[[0.0]] * 2], [[0]] * 2, [[0.0], [1.0]]),
            domain_error([[[0.0]]] * 2, [[0]], [[0.0]]),
            domain_error([[[0.0]] * 2] * 2, [[1]] * 2, [[0.0], [1.0]]),
            domain_error([[[0.0]] * 3] * 2, [[0]] * 3, [[0.1]] * 3),
            domain_error([[[0.0]] * 2] * 2, [[0.5]] * 2, [[0.0], [1.0]]),
            shape_error([[[0.0]] * 2] * 2, [[0]], [[0.0], [1.0]]),
        ),
    ),
    "patches": Record(
        lambda r: [r.normal(size=(3, 4)), 2],
        windows,
        (shape_error([[1.0]], 2), shape_error([1.0], 1), domain_error([[1.0]], 0)),
    ),
    "sliced_wasserstein": Record(
        n((4, 2), (4, 2), (3, 2)),
        precise(lambda *a: sliced(*(x * mp.mpf(1) for x in a)), 1300),
        (
            shape_error([[0.0]], [[0.0], [1.0]], [[1.0]]),
            shape_error([[0.0]], [[0.0]], [[1.0, 0.0]]),
            shape_error([0.0], [0.0], [1.0]),
            shape_error([[0.0]], [[0.0]], np.zeros((0, 1))),
        ),
    ),
    "patch_statistics.diversity": Record(
        n((3, 4), (4,)),
        precise(
            lambda x, y: sqrt(of_pairs(x)).mean() / len(x) / mp.sqrt(of_pairs(y)) * len(y), 1300
        ),
        (
            domain_error([[0.0, 1.0]], [0.1, 0.1]),
            shape_error([[0.0, 1.0]], [0.0, 1.0, 2.0]),
            shape_error([0.0, 1.0], [0.0, 1.0]),
        ),
        atol=1e-320,
    ),
    "bearing": Record(
        lambda r: list(r.random((2, 3)) + 0.1),
        precise(lambda a, b: exp(log(a) - log(b)), 60),
        (domain_error(1.0, 0.0), domain_error(-1.0, 1.0), shape_error([1.0], [1.0, 2.0])),
        atol=1e-320,
        batch=True,
    ),
    "off_diagonal": Record(
        n((3, 2, 2)),
        precise(overlap, 2600),
        (shape_error([1.0]), shape_error(np.zeros((0, 2))), shape_error(np.zeros((2, 0)))),
        atol=1e-320,
    ),
    "off_diagonal_gradient": Record(
        n((3, 2, 2)),
        gradient(overlap, 0, digits=2600),
        (shape_error([1.0]), shape_error(np.zeros((0, 2))), shape_error(np.zeros((2, 0)))),
        atol=1e-320,
    ),
}
