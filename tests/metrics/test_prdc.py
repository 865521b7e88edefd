"""Precision, recall, density and coverage, by brute force and on planted samples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reference.metrics import prdc
from tests.strategies import points


@given(
    points(min_rows=5, width=2, bound=10.0),
    points(min_rows=5, width=2, bound=10.0),
    st.integers(1, 4),
)
def test_by_brute_force(x, y, k):
    def radius(s, i):
        return sorted(np.sqrt(((s - s[i]) ** 2).sum(1)))[k]

    def near(a, s, i):
        return np.sqrt(((a - s[i]) ** 2).sum()) <= radius(s, i)

    inside = np.array([[near(b, x, i) for b in y] for i in range(len(x))])
    precision, recall = prdc.precision_recall_knn(x, y, k)
    density, coverage = prdc.density_coverage(x, y, k)
    assert_allclose(precision, inside.any(0).mean())
    assert_allclose(recall, np.mean([any(near(a, y, j) for j in range(len(y))) for a in x]))
    assert_allclose(density, inside.sum(0).mean() / k)
    assert_allclose(coverage, inside.any(1).mean())


def test_which_way_is_up():
    """Dropped modes lower recall and coverage; noise far away lowers precision."""
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    real = np.repeat(centres, 30, 0) + 0.1 * rng.standard_normal((120, 2))
    dropped = np.repeat(centres[:1], 120, 0) + 0.1 * rng.standard_normal((120, 2))
    noisy = real + 5 * rng.standard_normal((120, 2))
    precision, recall = prdc.precision_recall_knn(real, dropped, 3)
    assert precision > 0.7 > 0.26 > recall
    assert prdc.density_coverage(real, dropped, 3)[1] <= 0.25
    assert prdc.precision_recall_knn(real, noisy, 3)[0] < 0.3
    assert prdc.precision_recall_knn(real, real, 3) == (1, 1)
