"""The nearest neighbour's accuracy is the oracle's, and a half for true samples."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import c2st
from reference.metrics import c2st as oracle


@given(
    arrays(float, st.tuples(st.integers(1, 9), st.just(2)), elements=st.floats(-9, 9)),
    st.integers(0, 2**32 - 1),
)
def test_values(x, seed):
    """A little noise, so that no two points are equally near."""
    rng = np.random.default_rng(seed)
    x = x + rng.standard_normal(x.shape)
    y = rng.standard_normal((7, 2))
    ours = c2st.nearest_neighbour_accuracy(torch.from_numpy(x), torch.from_numpy(y))
    assert_allclose(ours, oracle.nearest_neighbour_accuracy(x, y))


@pytest.mark.parametrize(
    ("shift", "known"), [(0.0, 0.5), (20.0, 1.0)], ids=["the same", "another place"]
)
def test_true_samples_and_others(shift, known):
    """2 x 2,000 points: the standard error is below .8 %, with neighbours in pairs 1.1 %."""
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.standard_normal((2000, 2))) for _ in range(2))
    assert abs(c2st.nearest_neighbour_accuracy(x + shift, y) - known) < 0.05


def test_copies_of_the_test_points_fall_below_a_half():
    """Each copy's neighbour is the point, and the point's the copy."""
    y = torch.from_numpy(np.random.default_rng(0).standard_normal((50, 2)))
    assert c2st.nearest_neighbour_accuracy(y.clone(), y) == 0


def test_one_of_many_equal_points_is_no_neighbour_of_itself():
    y = torch.arange(8, dtype=torch.float64)[:, None] * 10
    assert c2st.nearest_neighbour_accuracy(torch.full((8, 1), 999.0, dtype=y.dtype), y) == 1


def test_what_is_not_finite_has_no_value():
    x = torch.full((3, 2), float("nan"))
    assert c2st.nearest_neighbour_accuracy(x, torch.zeros(3, 2)).isnan()
