"""The Torch Wasserstein distance is the oracle's, and both are scipy's."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.metrics import wasserstein
from reference.metrics import wasserstein as oracle
from tests.strategies import points


@given(points(bound=1e4), points(bound=1e4))
def test_value(x, y):
    x, y = x[:, 0], y[:, 0]
    ours = wasserstein.wasserstein(torch.from_numpy(x), torch.from_numpy(y))
    scale = np.abs(np.concatenate([x, y])).max()
    assert abs(ours - oracle.wasserstein(x, y)) <= 1e-14 * scale
    assert abs(ours - stats.wasserstein_distance(x, y)) <= 1e-14 * scale


@given(points(bound=1e4), st.floats(-100, 100))
def test_moving_a_sample_costs_the_way(x, way):
    x = torch.from_numpy(x[:, 0])
    moved = wasserstein.wasserstein(x, x + way)
    assert_allclose(moved, abs(way), rtol=1e-9, atol=1e-7)


def test_the_samples_need_no_order_and_no_equal_size():
    x, y = torch.tensor([3.0, 0.0, 1.0]), torch.tensor([5.0])
    assert_allclose(wasserstein.wasserstein(x, y), (2 + 5 + 4) / 3, rtol=1e-6)
    assert_allclose(oracle.wasserstein(x, y), (2 + 5 + 4) / 3, rtol=1e-15)
