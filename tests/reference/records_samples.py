"""Records of what is measured of samples, of tables, and of transport."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import criterion, entry, gain, ratio, simplex, summed
from tests.reference.definitions_models import n, spd
from tests.reference.definitions_samples import (
    among,
    angle_path,
    arrival,
    best_of,
    by_class,
    cells,
    chi_cdf,
    completed,
    counted,
    denoised,
    energy,
    frechet,
    gap,
    good,
    hit,
    into_bins,
    kept,
    leaning,
    matched,
    nearest,
    ranked,
    spearman,
    width,
    within,
)
from tests.reference.definitions_samples_2 import (
    accepted,
    affine,
    angles,
    axes,
    changed,
    density,
    in_blocks,
    joint,
    lengths,
    matrix_root,
    mean_rounded,
    pearson,
    precision_recall,
    projector,
    pushed,
    ridge,
    truncated,
    turn,
    votes,
    widest,
    window,
)
from tests.reference.definitions_samples_3 import COUNTS, LABELLED, MODES, PATH, WHOLE, XY, largest
from tests.reference.exact import exp, log, precise, softmax, sqrt, xlogx
from tests.reference.record import Record

RECORDS = {
    "norm": Record(n((2, 3)), precise(lambda x: sqrt(summed(x**2)), 700), batch=True),
    "unit": Record(
        n((2, 3)), precise(lambda x: ratio(x, sqrt((x**2).sum(-1, keepdims=True))), 700)
    ),
    "modes_kept": Record(MODES, precise(kept, 700)),
    "rounds_to_all": Record(lambda r: [WHOLE(r, 3, 4), np.arange(4) * 10, 2], arrival),
    "best_of": Record(n((4,)), precise(best_of, 700)),
    "nearest_neighbour_accuracy": Record(XY, precise(among, 1300)),
    "contingency": Record(
        lambda r: [WHOLE(r, 2, 5), WHOLE(r, 3, 5), 2, 3],
        lambda k, y, a, b: np.array(
            [[((k == i) & (y == j)).sum() for j in range(int(b))] for i in range(int(a))]
        ),
    ),
    "best_match": Record(
        lambda r: [WHOLE(r, 9, 3, 4).astype(float)],
        precise(matched, 400),
        seen=lambda m, counts: sum(counts[i, c] for i, c in enumerate(m) if c >= 0),
    ),
    "match_error": Record(
        lambda r: [WHOLE(r, 2, 5), WHOLE(r, 3, 5), np.array([0, 2])],
        lambda k, y, m: np.mean([m[int(i)] != j for i, j in zip(k, y, strict=True)]),
    ),
    "slant": Record(
        lambda r: [r.random((2, 3, 3))],
        precise(lambda x: np.array([leaning(a, "slant") for a in x]), 700),
        atol=1e-14,
    ),
    "code_meaning.width": Record(
        lambda r: [r.random((2, 3, 3))],
        precise(lambda x: np.array([leaning(a, "width") for a in x]), 700),
        atol=1e-7,
    ),
    "correlation_within": Record(
        lambda r: [*r.normal(size=(2, 6)), WHOLE(r, 2, 6), 2], precise(within, 1500), atol=1e-14
    ),
    "conditional": Record(
        lambda r: [r.normal(size=2), spd(r), r.normal(size=(3, 2)), WHOLE(r, 2, 3, 2)],
        precise(completed, 1300),
        rtol=1e-10,
    ),
    "mean_error": Record(
        lambda r: [*n((3, 2, 2), (2, 2))(r), r.random((2, 2))],
        precise(lambda d, m, v: ((d.mean(0) - m) ** 2).sum() / v.sum(), 700),
        atol=1e-320,
    ),
    "completion.spread": Record(
        lambda r: [r.normal(size=(3, 2, 2)), r.random((2, 2))],
        precise(lambda d, v: ((d - d.mean(0)) ** 2).sum() / (len(d) - 1) / v.sum(), 700),
        atol=1e-320,
    ),
    "conditional_accuracy": Record(LABELLED, lambda a, y: (a.argmax(1) == y).mean()),
    "conditional_accuracy_by_class": Record(
        LABELLED, by_class, seen=lambda found, *_: list(found)
    ),
    "label_error": Record(LABELLED, lambda a, y: (a.argmax(1) != y).mean()),
    "mode_histogram": Record(
        lambda r: MODES(r)[:2],
        precise(lambda x, m: np.array([(nearest(x, m) == k).sum() for k in range(len(m))]), 1300),
    ),
    "modes_hit": Record(MODES, precise(hit, 1300)),
    "modes_lost": Record(COUNTS, precise(lambda c, p: sum(4 * c < p * c.sum()), 400)),
    "cell_histogram": Record(MODES, precise(cells, 50)),
    "cell_shares": Record(
        lambda r: [3, 2],
        precise(
            lambda k, d: (
                np.array(int(k) * ([chi_cdf(3, d) / 4] * 4 + [1 - chi_cdf(3, d)])) / int(k)
            )
        ),
    ),
    "coverage.jensen_shannon": Record(
        COUNTS, precise(lambda c, p: entry(c / c.sum(), p).sum(), 700), atol=1e-300
    ),
    "energy_distance": Record(XY, precise(energy, 1300), atol=largest),
    "good_share": Record(MODES, precise(lambda *a: mp.mpf(int(good(*a).sum())) / len(a[0]), 1300)),
    "mode_width": Record(MODES, precise(width, 50), rtol=1e-11),
    "optimal_noise": Record(
        lambda r: [r.normal(size=(2, 2)), r.uniform(0.2, 0.8, (2, 1)), r.normal(size=(3, 2)), 0.7],
        precise(denoised, 1300),
        rtol=1e-11,
    ),
    "die.chi_square": Record(
        lambda r: [WHOLE(r, 9, 3), r.normal(size=3)],
        precise(lambda c, a: pearson(c, softmax(a)), 700),
        rtol=1e-10,
    ),
    "binned": Record(lambda r: [r.integers(-8, 9, (5, 2)) / 8, 4], precise(into_bins, 700)),
    "information": Record(
        lambda r: [r.integers(-8, 9, (5, 2)) / 8, WHOLE(r, 2, 5, 2), 4, 2],
        precise(counted, 700),
        atol=1e-15,
    ),
    "entropies": Record(
        lambda r: [WHOLE(r, 2, 5, 2), 2],
        precise(
            lambda f, k: np.array(
                [
                    -sum(
                        xlogx(
                            np.array([mp.mpf(int((c == v).sum())) / len(c) for v in range(int(k))])
                        )
                    )
                    for c in f.T
                ]
            )
        ),
    ),
    "mig": Record(lambda r: [r.random((3, 2)), r.random(2) + 0.1], precise(gap, 700)),
    "early_mean": Record(
        lambda r: [r.normal(size=5), np.array([0, 1, 2, 9, 10])],
        lambda v, t: np.mean([a for a, s in zip(v, t, strict=True) if 0 < 5 * s <= t[-1]]),
        rtol=1e-14,
    ),
    "frechet_distance": Record(XY, precise(frechet, 1300), rtol=1e-11, atol=1e-13),
    "gradient_norm": Record(n((4,)), precise(lambda g: mp.sqrt((g**2).sum()), 700)),
    "decades_lost": Record(
        lambda r: list(r.random((2, 3)) + 0.1),
        precise(lambda a, b: log(a / b) / mp.log(10), 60),
        atol=1e-13,
    ),
    "interpolation.linear": Record(
        lambda r: [*n((3,), (3,))(r), r.random(4)],
        precise(lambda a, b, t: (1 - t)[:, None] * a + t[:, None] * b, 700),
    ),
    "spherical": Record(
        lambda r: [*n((3,), (3,))(r), r.random(4)], precise(angle_path, 1300), atol=1e-15
    ),
    "path_length": Record(PATH, precise(lambda x: lengths(x).sum(), 1300)),
    "detour": Record(PATH, precise(lambda x: lengths(x).sum() / lengths(x[[0, -1]])[0], 1300)),
    "max_step_ratio": Record(PATH, precise(lambda x: lengths(x).max() / lengths(x).mean(), 1300)),
    "kid": Record(lambda r: [*n((4, 2), (5, 2))(r), 2], precise(in_blocks, 700), rtol=1e-9),
    "label_kept.nearest_label": Record(
        lambda r: [*n((3, 2), (4, 2))(r), WHOLE(r, 9, 4)],
        precise(lambda x, s, y: y[nearest(x, s)], 1300),
    ),
    "nearest_neighbour.nearest_label": Record(
        lambda r: [r.normal(size=(4, 2)), WHOLE(r, 9, 4), r.normal(size=(3, 2))],
        precise(lambda s, y, x: y[nearest(x, s)], 1300),
    ),
    "wrong_bijection": Record(
        lambda r: [simplex(r, 9).reshape(3, 3)],
        precise(
            lambda c: float(
                matched(c) > 0.5
                and matched(c) - np.trace(c) >= mp.mpf(1) / len(c) - mp.mpf("1e-9")
            )
        ),
    ),
    "ranks": Record(
        lambda r: [r.integers(0, 4, 5).astype(float)],
        lambda x: ranked(list(x)),
        seen=lambda found, *_: list(found),
    ),
    "spearman": Record(lambda r: list(r.integers(0, 6, (2, 5)).astype(float)), precise(spearman)),
    "jensen_shannon_estimate": Record(
        lambda r: [r.random(3)], precise(lambda x: (mp.log(4) - x) / 2, 400)
    ),
    "share_nearer": Record(
        lambda r: [r.integers(0, 9, 4) / 8, r.integers(0, 9, 5) / 8, 0.5],
        lambda a, b, q: np.mean(a < np.quantile(b.astype(np.longdouble), q)),
    ),
    "pushforward": Record(
        lambda r: [np.linspace(-2, 2, 4), r.normal(size=4), np.sort(r.random(4))],
        precise(pushed, 700),
        atol=4e-16,
    ),
    "motion.jensen_shannon": Record(
        lambda r: list(r.random((2, 4))), precise(lambda p, q: entry(p, q).sum(), 700), atol=1e-300
    ),
    "game_value": Record(
        lambda r: [*r.random((2, 4)), r.normal(size=4)], precise(gain, 400), atol=1e-300
    ),
    "optimum": Record(lambda r: list(r.random((2, 4))), precise(criterion, 700)),
    "share_right": Record(
        lambda r: list(r.integers(0, 3, (2, 5))),
        lambda a, b: sum(x == y for x, y in zip(a, b, strict=True)) / len(a),
    ),
    "nll": Record(
        n((2, 3)),
        precise(lambda w: -(log(exp(w - w.max()).mean(1)) + w.max()).mean(), 400),
        atol=1e-15,
    ),
    "joint_shares": Record(lambda r: [simplex(r, 3), 2], precise(joint, 400), atol=1e-320),
    "affine_map": Record(
        n((5, 2), (5, 2), (3, 2)), precise(affine, 700), rtol=1e-9, atol=mean_rounded
    ),
    "nearest_partner": Record(
        n((4, 2), (4, 3), (3, 2)), precise(lambda x, y, z: y[nearest(z, x)], 1300)
    ),
    "parzen.log_density": Record(lambda r: [*XY(r), 0.7], precise(window, 700)),
    "best_sigma": Record(lambda r: [*XY(r), np.array([0.5, 1.0, 2.0])], precise(widest, 700)),
    "precision_recall_knn": Record(
        lambda r: [*n((5, 2), (4, 2))(r), 2], precise(precision_recall, 1300)
    ),
    "density_coverage": Record(lambda r: [*n((5, 2), (4, 2))(r), 2], precise(density, 1300)),
    "linear_probe": Record(
        lambda r: [r.normal(size=(5, 2)), WHOLE(r, 2, 5), 2, 0.5],
        precise(ridge, 1300),
        rtol=1e-10,
        atol=1e-14,
    ),
    "scores": Record(
        n((3, 2), (4, 2)),
        precise(lambda w, x: np.hstack([x, np.ones((len(x), 1))]) @ w, 700),
        atol=1e-300,
    ),
    "neighbour_votes": Record(
        lambda r: [r.normal(size=(5, 2)), WHOLE(r, 2, 5), 2, r.normal(size=(3, 2)), 3],
        precise(votes, 1300),
    ),
    "acceptance": Record(lambda r: [r.normal(size=4), 0.3], precise(accepted, 700), atol=1e-300),
    "radius_change": Record(
        lambda r: [*n((2,), (2,))(r), 7],
        precise(lambda a, b, t: mp.log((b**2).sum() / (a**2).sum()) / 2 / t),
        atol=1e-16,
    ),
    "predicted_change": Record(
        lambda r: [r.normal(size=(2, 2)), 0.1], precise(changed, 1300), atol=1e-18
    ),
    "principal_axes": Record(
        lambda r: [r.normal(size=(5, 3)), 2], precise(axes, 700), atol=1e-14, seen=projector
    ),
    "principal_reconstruction": Record(
        lambda r: [*n((5, 3), (2, 3))(r), 2],
        precise(lambda t, x, k: t.mean(0) + (x - t.mean(0)) @ axes(t, k), 700),
        atol=1e-13,
    ),
    "principal_angles": Record(n((3, 1), (3, 1)), precise(angles, 1300), rtol=1e-10, atol=1e-15),
    "truncated": Record(lambda r: [r.normal(size=3), 1.5], precise(truncated, 700)),
    "matching_map": Record(
        lambda r: [turn(r), spd(r), spd(r)],
        precise(lambda q, a, b: matrix_root(b) @ q @ matrix_root(a, -1), 1300),
        rtol=1e-10,
        atol=1e-14,
    ),
}
