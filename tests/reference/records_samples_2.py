"""Records of what is measured of samples, of tables, and of transport."""

from itertools import pairwise

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import relative, simplex
from tests.reference.definitions_models import n, spd
from tests.reference.definitions_samples import (
    bures,
    far,
    given,
    nearest,
    shares_of,
    turned,
    where,
)
from tests.reference.definitions_samples_2 import (
    amari,
    bayes,
    drawn,
    drawn_log,
    intrinsic,
    inverted,
    partition,
    pearson,
    second_gap,
    sliced,
    turn,
)
from tests.reference.definitions_samples_3 import WHOLE, learned, squared_lengths
from tests.reference.exact import eigenvalues, exp, inverse, precise, sqrt, ufunc, xlogx
from tests.reference.record import Record

RECORDS = {
    "cycle_error": Record(
        lambda r: [*n((2, 2), (2, 2))(r), spd(r)],
        precise(lambda F, G, s: np.trace((F @ G - np.eye(2)) @ s @ (F @ G - np.eye(2)).T), 1300),
        rtol=1e-11,
    ),
    "expected_error": Record(
        lambda r: [*n((2, 2), (2, 2))(r), spd(r)],
        precise(lambda G, T, s: np.trace((G - T) @ s @ (G - T).T), 1300),
        rtol=1e-11,
    ),
    "error_of_rotation": Record(
        lambda r: [turn(r), turn(r), spd(r)],
        precise(lambda q, t, s: np.trace((q - t).T @ s @ (q - t)), 1300),
        rtol=1e-11,
    ),
    "mode_coverage": Record(
        lambda r: [*n((5, 2), (3, 2))(r), 0.8],
        precise(
            lambda x, c, tol: (
                len({k for k, d in zip(nearest(x, c), far(x, c), strict=True) if min(d) <= tol}),
                mp.mpf(int((far(x, c).min(1) <= tol).sum())) / len(x),
            ),
            1300,
        ),
    ),
    "diagnostics.flip_rate": Record(
        lambda r: list(r.integers(0, 3, (2, 5))), lambda a, b: np.mean(a != b)
    ),
    "inception_score": Record(
        lambda r: [simplex(r, 4, 3)],
        precise(lambda p: mp.exp(relative(p, p.mean(0) + 0 * p).sum(1).mean()), 700),
    ),
    "nn_distance_ratio": Record(
        n((3, 2), (4, 2), (2, 2)),
        precise(lambda m, t, f: far(m, t).min(1).mean() / far(f, t).min(1).mean(), 1300),
    ),
    "twonn_id": Record(n((5, 2)), precise(intrinsic, 1300)),
    "amari_index": Record(n((3, 3)), precise(amari, 700), atol=4e-16),
    "interp_norm_distribution": Record(
        lambda r: [r.random(3), 5], precise(lambda t, d: (t**2 + (1 - t) ** 2) * int(d))
    ),
    "lipschitz_upper_bound": Record(
        lambda r: [[r.normal(size=(2, 3)), r.normal(size=(1, 2))], 0.5],
        precise(lambda w, g: g * np.prod([mp.sqrt(eigenvalues(m @ m.T)[-1]) for m in w]), 1300),
    ),
    "metropolis_gap": Record(
        lambda r: [3 * r.normal(size=5)], precise(second_gap, 700), rtol=1e-11
    ),
    "rbm_logZ_bruteforce": Record(n((3, 2), (3,), (2,)), precise(partition, 700)),
    "fair_die": Record(lambda r: [6], lambda k: np.ones(int(k)) / k),
    "log_pmf": Record(
        lambda r: [WHOLE(r, 3, 4), simplex(r, 3)],
        precise(lambda k, p: ufunc(lambda x: mp.log(x) if x else -mp.inf)(p[k.astype(int)])),
    ),
    "inverse_cdf_sample": Record(lambda r: [r.random(4), simplex(r, 3)], precise(inverted, 60)),
    "frequencies": Record(
        lambda r: [WHOLE(r, 3, 8), 3],
        lambda f, k: np.array([(f == i).sum() for i in range(int(k))]) / len(f),
    ),
    "frequency_error": Record(
        lambda r: [simplex(r, 3), 100], precise(lambda p, m: sqrt(p * (1 - p) / m), 400)
    ),
    "dice.chi_square": Record(lambda r: [WHOLE(r, 9, 3), simplex(r, 3)], precise(pearson, 700)),
    "sample_mean.standard_error": Record(
        lambda r: [r.random(3), 7], precise(lambda s, m: s / mp.sqrt(m))
    ),
    "expected_sample_mean": Record(
        lambda r: [r.normal(size=3), simplex(r, 3), 2], precise(drawn, 700), atol=1e-15
    ),
    "expected_log_mean": Record(
        lambda r: [r.normal(size=3), simplex(r, 3), 2], precise(drawn_log, 400), atol=1e-15
    ),
    "w1_dual_1d": Record(
        lambda r: [np.arange(4.0), *np.sort(r.random((2, 4)) ** [[1], [2]], 1) ** [1, 1, 1, 0]],
        precise(
            lambda x, f, g: (
                np.cumsum([0, *(np.sign((g - f)[:-1].astype(float)) * np.diff(x))]),
                (abs(f - g)[:-1] * np.diff(x)).sum(),
            ),
            700,
        ),
        atol=1e-15,
    ),
    "sliced_w1": Record(
        lambda r: [*n((3, 2), (4, 2))(r), turn(r)], precise(sliced, 700), atol=1e-300
    ),
    "gaussian_factor": Record(
        lambda r: [spd(r)],
        lambda s: s,
        rtol=1e-11,
        atol=lambda s: 1e-14 * abs(s).max(),
        seen=lambda a, *_: a.T @ a,
    ),
    "procrustes": Record(
        n((2, 2), (2, 2)),
        precise(turned, 1300),
        rtol=1e-11,
        atol=squared_lengths,
    ),
    "wp_gauss": Record(
        lambda r: [r.normal(size=2), spd(r), r.normal(size=2), spd(r)],
        precise(bures, 1300),
        rtol=1e-11,
        atol=1e-14,
    ),
    "kl_mvn": Record(
        lambda r: [r.normal(size=2), spd(r), r.normal(size=2), spd(r)],
        precise(
            lambda m1, s1, m2, s2: (
                mp.inf
                if mp.det(mp.matrix(s1.tolist())) <= 0
                else (
                    np.trace(inverse(s2) @ s1)
                    + (m1 - m2) @ inverse(s2) @ (m1 - m2)
                    - 2
                    + mp.log(mp.det(mp.matrix(s2.tolist())) / mp.det(mp.matrix(s1.tolist())))
                )
                / 2
            ),
            1300,
        ),
        rtol=1e-11,
        atol=1e-14,
    ),
    "marginal": Record(
        lambda r: [simplex(r, 6).reshape(2, 3), 0],
        precise(lambda p, axis: p.sum(int(axis)), 700),
        atol=1e-300,
    ),
    "joint_from_conditionals": Record(
        lambda r: [simplex(r, 2), simplex(r, 2, 3)],
        precise(lambda p, q: p[:, None] * q, 700),
        atol=1e-300,
    ),
    "bayes_rule": Record(
        lambda r: [simplex(r, 3), r.random((2, 3)) + 0.1], precise(bayes, 1300), atol=1e-300
    ),
    "gaussian_conditional": Record(
        lambda r: [r.normal(size=3), spd(r, 3), np.array([2]), r.normal(size=1)],
        precise(given, 1300),
        rtol=1e-11,
    ),
    "mutual_information": Record(
        lambda r: [simplex(r, 6).reshape(2, 3)], precise(shares_of, 1300), rtol=1e-11, atol=1e-300
    ),
    "infogan_bound": Record(
        lambda r: [simplex(r, 6).reshape(3, 2), simplex(r, 2, 3).T],
        precise(learned, 700),
        atol=4e-16,
    ),
    "cycle_loss": Record(
        lambda r: [r.normal(size=(3, 2)), lambda x: 2 * x, lambda y: y / 4],
        precise(lambda x, *_: abs(x).mean() / 2, 700),
    ),
    "fit_forward_kl": Record(
        lambda r: [*n((3,), (3,))(r), simplex(r, 3)],
        precise(
            lambda m, v, w: ((w * m).sum(), (w * (exp(v) + m**2)).sum() - (w * m).sum() ** 2), 1300
        ),
    ),
    "log_share": Record(
        lambda r: list(r.random((2, 4))),
        precise(
            lambda p, q: where(
                p == 0, -mp.inf, ufunc(lambda a, b: mp.log(a / (a + b)) if a else mp.inf, 2)(p, q)
            ),
            700,
        ),
    ),
    "contrast_entropy": Record(
        lambda r: [r.random(4) / 2], precise(lambda a: xlogx(a) + xlogx(1 - a), 700)
    ),
    "gauss_legendre": Record(
        lambda r: [np.array([0.0, 1.0, 3.0]), 5],
        precise(
            lambda b, m: np.array(
                [
                    (y**k - x**k) / k if k <= 2 * m else mp.nan
                    for x, y in pairwise(b)
                    for k in (1, 2, 3)
                ]
            ),
            700,
        ),
        seen=lambda x, w, b, m: np.ravel(
            [
                [(w.reshape(-1, int(m)) * x.reshape(-1, int(m)) ** k)[i].sum() for k in (0, 1, 2)]
                for i in range(len(b) - 1)
            ]
        ),
    ),
    "gauss_hermite": Record(
        lambda r: [7],
        lambda m: [1, 0, 1] if m > 1 else [1, 0, 0],
        atol=1e-14,
        seen=lambda x, w, m: [w.sum(), w @ x, w @ x**2],
    ),
    "gaussian_breaks": Record(
        lambda r: [r.normal(size=2), r.uniform(0.1, 1, 2)],
        lambda m, s: np.unique(
            [
                a + b * k
                for a, b in zip(m, s, strict=True)
                for k in (-38, -8, -4, -2, 0, 2, 4, 8, 38)
            ]
        ),
    ),
    "graded": Record(
        lambda r: [r.normal(size=2), r.uniform(0.5, 1, 2), 50.0],
        lambda p, w, reach: np.sort(
            np.concatenate(
                [
                    [
                        a,
                        *(
                            a + s * np.ldexp(b, 2 + 3 * k)
                            for k in range(900)
                            for s in (1, -1)
                            if np.ldexp(b, 2 + 3 * k) < reach
                        ),
                    ]
                    for a, b in zip(p, w, strict=True)
                ]
            )
        ),
        seen=lambda found, *_: np.sort(found),
    ),
}
