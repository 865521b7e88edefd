"""The optimal Wasserstein critic has gradient norm 1 wherever mass is transported."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from reference.theory.losses import gradient_penalty
from reference.theory.transport import w1_1d, w1_dual_1d
from tests.strategies import positive_simplex


@given(positive_simplex(size=6), positive_simplex(size=6))
def test_its_gradient_is_one_along_the_way_of_the_mass(p, q):
    """Gulrajani et al., proposition 1: so the penalty on |gradient| - 1 costs the best critic
    nothing, and what it earns is the whole distance."""
    grid = np.cumsum([0.0, 1.0, 0.5, 2.0, 0.1, 1.0])
    F, G = np.cumsum(p), np.cumsum(q)
    f, earned = w1_dual_1d(grid, F, G)
    gradient = np.diff(f) / np.diff(grid)
    moved = np.abs(F - G)[:-1] > 1e-12
    assert_allclose(np.abs(gradient[moved]), 1, rtol=1e-13)
    assert_allclose(earned, w1_1d(grid, grid, p, q), rtol=1e-12, atol=1e-14)
    if moved.any():
        assert gradient_penalty(gradient[moved][:, None], 10.0) < 1e-24


@given(
    positive_simplex(size=5), positive_simplex(size=5), arrays(float, 4, elements=st.floats(-1, 1))
)
def test_no_other_critic_of_gradient_at_most_one_earns_more(p, q, gradients):
    grid = np.arange(5.0)
    f = np.append(0, np.cumsum(gradients))
    assert (p - q) @ f <= w1_1d(grid, grid, p, q) + 1e-14
