"""The Torch penalty on overlapping filters is the oracle's, and what it leaves free."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad

from pipeline.objectives import orthogonal
from reference.objectives import orthogonal as oracle

WEIGHTS = st.sampled_from([(1, 3), (3, 2), (2, 3, 2, 2)]).flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(-9, 9))
)


@given(WEIGHTS)
def test_value_and_gradient(w):
    weight = torch.from_numpy(w)
    value = orthogonal.off_diagonal(weight)
    assert value.shape == ()
    assert_allclose(value, oracle.off_diagonal(w), rtol=1e-11, atol=1e-9)
    known = oracle.off_diagonal_gradient(w)
    assert_allclose(grad(orthogonal.off_diagonal)(weight), known, rtol=1e-10, atol=1e-8)


@given(st.integers(0, 99), st.floats(0.1, 9))
def test_orthogonal_filters_of_any_length_are_free(seed, size):
    """Not W W' = I: a length costs nothing, as equation 3 has it. One turned filter costs."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((4, 4)))
    free = torch.from_numpy(q * np.array([size, 1.0, 2.0, 0.5])[:, None])
    assert orthogonal.off_diagonal(free) < 1e-20 * max(size, 1) ** 4
    free[0] = free[0] + free[1]
    assert orthogonal.off_diagonal(free) > 0.5
