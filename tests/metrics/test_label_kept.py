"""Classes kept and exchanged: the oracle's values, and what counts as a wrong bijection."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.metrics import label_kept
from reference.metrics import label_kept as oracle

K = 5
NAMES = arrays(np.int64, 30, elements=st.integers(0, K - 1))


@given(NAMES, NAMES)
def test_values(label, named):
    table = label_kept.confusion(torch.from_numpy(label), torch.from_numpy(named), K)
    assert_allclose(table, oracle.confusion(label, named, K), rtol=1e-14)
    share = label_kept.permuted_share(table)
    assert_allclose(share, oracle.permuted_share(table.numpy()), rtol=1e-13)
    assert share >= max(table.trace(), 1 / K) - 1e-12
    assert label_kept.wrong_bijection(table) == oracle.wrong_bijection(table.numpy())


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_label(seed):
    rng = np.random.default_rng(seed)
    x, stored = rng.integers(-2, 3, (6, 2)) / 1.0, rng.integers(-2, 3, (9, 2)) / 1.0
    label = rng.integers(K, size=9)
    ours = label_kept.nearest_label(*(torch.from_numpy(a) for a in (x, stored, label)))
    assert_array_equal(ours, oracle.nearest_label(x, stored, label))


def table(named):
    label = torch.arange(K).repeat_interleave(6)
    return label_kept.confusion(label, torch.tensor(named)[label], K)


@pytest.mark.parametrize(
    ("named", "kept", "permuted", "wrong"),
    [
        ([0, 1, 2, 3, 4], 1.0, 1.0, 0),
        ([1, 0, 2, 3, 4], 0.6, 1.0, 1),  # two exchanged
        ([1, 2, 3, 4, 0], 0.0, 1.0, 1),  # all
        ([0, 0, 2, 3, 4], 0.8, 0.8, 0),  # no bijection: one class became another
        ([0, 0, 0, 0, 0], 0.2, 0.2, 0),  # collapsed
    ],
)
def test_known_maps(named, kept, permuted, wrong):
    found = table(named)
    assert_allclose(found.trace(), kept, rtol=1e-12)
    assert_allclose(label_kept.permuted_share(found), permuted, rtol=1e-12)
    assert label_kept.wrong_bijection(found) == wrong


def test_names_by_chance_are_no_bijection():
    """Of 100 tables of 360 images with ten classes, the best permutation explains a fifth."""
    rng = torch.Generator().manual_seed(0)
    for _ in range(100):
        label, named = torch.randint(10, (2, 360), generator=rng)
        found = label_kept.confusion(label, named, 10)
        assert label_kept.permuted_share(found) < 0.25
        assert label_kept.wrong_bijection(found) == 0


def test_a_run_is_asked_both_ways():
    """The first replica hands on what it was given; the second exchanges classes 0 and 1 on its
    way to B alone. In B, images are minus those of A."""
    points = 10 * torch.eye(3)
    test = {"x": points.repeat(4, 1), "partner": -points.repeat(4, 1)}
    test["label"] = torch.arange(3).repeat(4)
    train = {"x": points, "partner": -points, "label": torch.arange(3)}
    swapped = torch.tensor([1, 0, 2])
    run = SimpleNamespace(
        test=test,
        train=train,
        dataset=SimpleNamespace(classes=3),
        model=SimpleNamespace(
            translate=lambda net, x: -x if net == 0 else -x[:, swapped],
            translate_back=lambda net, x: -x,
        ),
        ensemble=SimpleNamespace(each=lambda f, x: torch.stack([f(0, x), f(1, x)])),
    )
    found = {name: (m.values, m.reference) for name, m in label_kept.measure(run).items()}
    assert found["kept"] == ([1.0, pytest.approx(1 / 3)], 1.0)
    assert found["permuted"] == ([pytest.approx(1), pytest.approx(1)], pytest.approx(1))
    assert found["wrong_bijection"] == ([0, 1], 0)
    assert found["kept_back"][0] == found["permuted_back"][0] == [1, 1]
    assert found["wrong_bijection_back"] == ([0, 0], 0)
