"""Precision, recall, density and coverage, by brute force and on planted samples."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline import metrics
from pipeline.metrics import prdc as ours
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


@given(
    points(min_rows=5, width=2, bound=10.0),
    points(min_rows=5, width=2, bound=10.0),
    st.integers(1, 4),
)
def test_the_torch_numbers_are_the_oracles(x, y, k):
    pair = torch.from_numpy(x), torch.from_numpy(y)
    for name in ("precision_recall_knn", "density_coverage"):
        found = [value.item() for value in getattr(ours, name)(*pair, k)]
        assert_allclose(found, getattr(prdc, name)(x, y, k), rtol=1e-14)


def test_a_slice_at_a_time_changes_nothing(monkeypatch):
    x, y = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    whole = *ours.precision_recall_knn(x, y), *ours.density_coverage(x, y)
    monkeypatch.setattr(metrics, "PAIRS", 300)
    assert (*ours.precision_recall_knn(x, y), *ours.density_coverage(x, y)) == whole


@pytest.fixture
def run():
    """Four real clusters. Replica 0 makes one of them, replica 1 all of them and as much noise."""
    rng = torch.Generator().manual_seed(0)
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])

    def near(kinds):
        return centres[kinds] + 0.1 * torch.randn(len(kinds), 2, generator=rng)

    every = torch.arange(200) % 4
    noisy = near(every)
    noisy[100:] += 100 + torch.rand(100, 2, generator=rng)
    return SimpleNamespace(
        test={"x": near(every)},
        validation={"x": near(every)},
        sample=lambda count: torch.stack([near(torch.zeros(count, dtype=int)), noisy[:count]]),
        features=lambda x: x.double(),
    )


def test_precision_is_of_samples_and_recall_of_real_examples(run):
    found = ours.measure(run)
    (narrow, noisy), floor = found["precision"].values, found["precision"].reference
    assert narrow > 0.8
    assert noisy <= 0.5
    assert floor > 0.8
    (narrow, noisy), floor = found["recall"].values, found["recall"].reference
    assert narrow <= 0.25
    assert noisy > 0.6
    assert floor > 0.8
    assert found["coverage"].values[0] <= 0.25
    assert found["coverage"].reference > 0.8
    assert found["density"].values[1] < 0.7 < found["density"].reference < 1.3
    assert "n = 200" in found["precision"].reference_is
