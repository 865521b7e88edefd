"""The kernel distance is the oracle's, unbiased, and compares real examples with samples."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline import metrics
from pipeline.metrics import kid
from reference.metrics import kid as oracle
from tests.strategies import points


def torched(*samples):
    return [torch.from_numpy(np.asarray(s)) for s in samples]


@given(points(min_rows=2, width=3, bound=10.0), points(min_rows=2, width=3, bound=10.0))
def test_value(x, y):
    """To 50 roundings of the largest kernel: a'a / d + 1, cubed. A far origin is taken off."""
    x, y = x - x.mean(), y - x.mean()
    largest = max(((s**2).sum(1).max() / 3 + 1) ** 3 for s in (x, y))
    found = kid.kernel_distance(*torched(x, y))
    assert abs(found - oracle.kernel_distance(x, y)) <= 50 * 2.0**-52 * largest


def test_by_hand():
    """k(0, 0) = 1, k(1, 1) = 8 and k(0, 1) = 1 on the line: 1 + 8 - 2."""
    zeros, ones = torch.zeros(2, 1).double(), torch.ones(3, 1).double()
    assert kid.kernel_distance(zeros, ones) == 7
    assert kid.kernel_distance(ones, zeros) == 7


def test_it_is_right_on_average_and_negative_at_times():
    """2,000 pairs of samples of one distribution, five against seven: mean 0, |z| < 4.5."""
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(2000, n, 2, generator=rng, dtype=torch.float64) for n in (5, 7))
    values = torch.stack([kid.kernel_distance(a, b) for a, b in zip(x, y, strict=True)])
    assert abs(values.mean()) < 4.5 * values.std() / 2000**0.5
    assert values.min() < 0


def test_it_does_not_feel_how_many_rows_come_at_a_time(monkeypatch):
    x, y = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0)).double()
    whole = kid.kernel_distance(x, y)
    monkeypatch.setattr(metrics, "PAIRS", 100)
    assert_allclose(kid.kernel_distance(x, y), whole, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_samples_are_held_to_test_examples_on_their_scale(scale):
    """Features that are all larger change nothing; replica 1 lies apart."""
    rng = torch.Generator().manual_seed(0)
    test, validation, made = torch.randn(3, 200, 4, generator=rng)
    run = SimpleNamespace(
        test={"x": test},
        validation={"x": validation},
        sample=lambda count: torch.stack([made, made + 1])[:, :count],
        features=lambda x: scale * x.double(),
    )
    found = kid.measure(run)["distance"]
    root = test.double().square().mean().sqrt()
    known = [oracle.kernel_distance(test / root, x / root) for x in (made, made + 1, validation)]
    assert_allclose([*found.values, found.reference], known, rtol=1e-5)
    assert abs(found.values[0]) < 0.3 < 1 < found.values[1]
