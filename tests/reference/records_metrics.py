"""Records of the metrics: `known` is the textbook form in NumPy or scipy."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, special, stats
from scipy.spatial import distance

from tests import strategies as draws
from tests.reference import exact
from tests.reference.records import (
    HALF,
    INF,
    LOGITS,
    NAN,
    Record,
    domain_error,
    gaussian,
    shape_error,
    two_samples,
    vectors,
)

ANY = st.floats(-1e6, 1e6)
PAIR = shape_error([0.0] * 3, [[0.0]] * 3)
COUNTS = vectors(st.integers(0, 50).map(float)).filter(lambda c: c[0].sum() > 0)


def same_shape(known, *bad, elements=ANY, rtol=1e-12, atol=1e-12):
    """A number of two samples of images, shape (N, features)."""
    bad = (*bad, shape_error([[0.0]], [[0.0, 1.0]]), domain_error([[NAN]], [[0.0]]), PAIR)
    drawn = st.tuples(*[arrays(float, (3, 2), elements=elements)] * 2)
    return Record(drawn, known, bad, rtol, atol)


def histogram_kl(counts, shares):
    return stats.entropy(counts, shares)


_nearest = exact.precise(lambda x, s: exact.sqrt(exact.squares(x, s).min(1)), 1300)


def _sharp(x):
    across, down = (x[..., 1:-1, :-2] + x[..., 1:-1, 2:]), (x[..., :-2, 1:-1] + x[..., 2:, 1:-1])
    return np.var(4 * x[..., 1:-1, 1:-1] - across - down, (-2, -1))


def _cubic(x, y):
    return (np.einsum("id,jd->ij", x, y) / x.shape[1] + 1) ** 3


def _cubic_mmd(x, y):
    def mean(a):
        k = _cubic(a, a)
        return k[~np.eye(len(a), dtype=bool)].mean()

    return mean(x) + mean(y) - 2 * _cubic(x, y).mean()


SAMPLE = arrays(float, (4, 2), elements=st.floats(-9, 9))
SHARES = st.tuples(COUNTS, draws.positive_simplex(size=4)).map(lambda d: (d[0][0], d[1]))
BAD_SHARES = (
    domain_error([0.0, 0.0], HALF),
    domain_error([-1.0, 2.0], HALF),
    domain_error([1.0, 1.0], [0.5, 0.6]),
    shape_error([1.0], HALF),
)

RECORDS = {
    "accuracy": Record(
        draws.labelled_logits(),
        lambda a, y: np.mean([r.argmax() == k for r, k in zip(a, y, strict=True)]),
        (
            shape_error([[0.0, 0.0]], [0, 1]),
            domain_error([[0.0, 0.0]], [2]),
            domain_error([[NAN]], [0]),
        ),
    ),
    "value.value": Record(
        st.tuples(draws.logits(), draws.logits()),
        lambda a, b: special.log_expit(a).mean(-1) + special.log_expit(-b).mean(-1),
        (shape_error([], [0.0]), domain_error([0.0], [NAN])),
        1e-14,
    ),
    "distance_from_half": Record(
        st.tuples(draws.logits(), draws.logits()),
        lambda a, b: (np.abs(np.tanh(a / 2)).mean(-1) + np.abs(np.tanh(b / 2)).mean(-1)) / 4,
        (shape_error([], [0.0]), domain_error([0.0], [NAN])),
        1e-14,
        1e-320,
    ),
    "elbo": Record(
        vectors(ANY, 2),
        lambda r, k: -np.mean(r + k, -1),
        (shape_error([0.0], [0.0, 1.0]), shape_error([], []), domain_error([INF], [0.0])),
        1e-13,
        1e-9,
    ),
    "shortfall": Record(
        vectors(ANY, 3),
        lambda p, r, k: np.mean(p + r + k, -1),
        (shape_error([0.0], [0.0], [0.0, 1.0]), domain_error([NAN], [0.0], [0.0])),
        1e-12,
        1e-8,
    ),
    "bits_per_dim": Record(
        st.tuples(arrays(float, 4, elements=ANY), st.integers(1, 9)),
        lambda x, d: np.mean(x) / np.log(2) / d,
        (shape_error([], 1), domain_error([0.0], 0)),
        1e-12,
        1e-9,
    ),
    "bits_per_dim.divergence": Record(
        vectors(ANY, 2),
        lambda q, p: np.mean(p) + np.mean(q),
        (shape_error([0.0], [0.0, 1.0]), domain_error([NAN], [0.0])),
        1e-12,
        1e-9,
    ),
    "histogram.kl": Record(SHARES, histogram_kl, BAD_SHARES, 1e-11, 1e-15),
    "reverse_kl": Record(SHARES, histogram_kl, BAD_SHARES, 1e-11, 1e-15),
    "kernel_distance": Record(
        st.tuples(SAMPLE, SAMPLE),
        _cubic_mmd,
        (domain_error([[0.0]], [[0.0], [1.0]]), shape_error(np.ones((3, 2)), np.ones((3, 1)))),
        1e-10,
        1e-8,
    ),
    "cubic_kernel": two_samples(_cubic, min_rows=1, rtol=1e-12, atol=1e-9),
    "gaussian_kernel": two_samples(
        lambda x, y: np.exp(-distance.cdist(x, y, "sqeuclidean") / 2), min_rows=1, atol=1e-12
    ),
    "wasserstein.wasserstein": Record(
        st.tuples(*[draws.points(bound=1e3).map(lambda x: x[:, 0])] * 2),
        stats.wasserstein_distance,
        (shape_error([], [1.0]), domain_error([NAN], [1.0]), domain_error([INF], [1.0])),
        1e-13,
        1e-6,
    ),
    "nearest_distances": two_samples(_nearest, min_rows=1),
    "nearest_ratio": Record(
        vectors(st.floats(0.1, 9), 2),
        lambda a, b: np.median(a) / np.median(b),
        (domain_error([1.0], [0.0]), domain_error([-1.0], [1.0]), shape_error([], [1.0])),
        1e-14,
    ),
    "reconstruction.squared_error": same_shape(lambda x, y: ((x - y) ** 2).sum(1).mean()),
    "reconstruction.cross_entropy": same_shape(
        lambda p, q: -(special.xlogy(p, q) + special.xlog1py(1 - p, -q)).sum(1).mean(),
        domain_error([[1.5]], [[0.5]]),
        domain_error([[0.5]], [[-0.1]]),
        elements=st.floats(0, 1),
    ),
    "partner_error.partner_error": same_shape(lambda x, y: ((x - y) ** 2).sum(1).mean()),
    "confusion": Record(
        st.tuples(*[arrays(np.int64, 6, elements=st.integers(0, 2))] * 2, st.just(3)),
        lambda a, b, k: np.histogram2d(a, b, np.arange(k + 1))[0] / len(a),
        (domain_error([3], [0], 3), shape_error([0], [0, 1], 3), domain_error([0], [0], 0)),
        1e-14,
        1e-15,
    ),
    "domain_accuracy": Record(
        st.tuples(*[arrays(np.int64, 6, elements=st.integers(0, 2))] * 2),
        lambda a, b: np.mean(a == b),
        (shape_error([0], [0, 1]), shape_error([], []), domain_error([0.5], [0])),
        1e-14,
    ),
    "permuted_share": Record(
        st.tuples(arrays(float, (4, 4), elements=st.floats(0, 1 / 16))),
        lambda c: c[optimize.linear_sum_assignment(-c)].sum(),
        (shape_error([[0.1, 0.2]]), domain_error([[-0.1]]), domain_error([[2.0]])),
        1e-13,
    ),
    "denoiser.excess": same_shape(lambda x, y: ((x - y) ** 2).mean()),
    "sharpness": Record(
        st.tuples(arrays(float, (4, 5), elements=st.floats(-9, 9))),
        _sharp,
        (shape_error(np.ones((2, 9))), shape_error([1.0]), domain_error([[NAN] * 3] * 3)),
        1e-12,
        1e-12,
    ),
    "rates": gaussian(
        lambda m, v: ((m**2 + np.exp(v) - 1 - v) / 2).mean(0),
        1,
        (0, 1),
        bound=20.0,
        rtol=1e-9,
        atol=1e-9,
        batch=False,
    ),
    "active_units": Record(
        st.tuples(SAMPLE),
        lambda m: (m.var(0) > 0.01).sum(),
        (shape_error([1.0]), domain_error([[INF]])),
    ),
    "kl_error.standard_error": Record(
        st.tuples(SAMPLE),
        lambda k: np.sqrt((k.var(0, ddof=1) / len(k)).sum()) / k.shape[1],
        (domain_error([[0.0]]), shape_error([1.0]), domain_error([[NAN], [0.0]])),
        1e-12,
        1e-12,
    ),
    "modes_named": Record(
        COUNTS,
        lambda c: (c > 0).sum(),
        (domain_error([-1.0]), shape_error([]), shape_error([[1.0]])),
    ),
    "settling.flip_rate": Record(
        vectors(st.integers(0, 3).map(float), 2),
        lambda a, b: np.mean(a != b),
        (shape_error([0], [0, 1]), domain_error([0.5], [0])),
    ),
    "die.kl": Record(
        vectors(LOGITS.filter(lambda a: abs(a) < 20), 2),
        exact.kl_categorical_logits,
        (
            shape_error([0.0], [0.0, 0.0]),
            domain_error([NAN], [0.0]),
            domain_error([INF], [0.0]),
            domain_error([-INF], [0.0]),
        ),
        1e-10,
        1e-18,
    ),
    "mean_face": Record(
        vectors(st.integers(0, 5).map(float)),
        lambda f: 1 + np.mean(f),
        (domain_error([-1]), domain_error([0.5])),
        1e-14,
    ),
}
