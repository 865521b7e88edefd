"""Dequantised pixels: the right cell, and the right unit."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.objectives import dequantisation
from reference.objectives import dequantisation as oracle

LEVELS = st.sampled_from([1, 16, 255])
UNIFORM = arrays(float, (3, 4), elements=st.floats(0, 1 - 2**-20))


@st.composite
def pixels(draw):
    levels = draw(LEVELS)
    k = draw(arrays(np.int64, (3, 4), elements=st.integers(0, levels)))
    return 2 * k / levels - 1, levels


@given(pixels(), UNIFORM)
def test_spread_and_gathered(drawn, u):
    """Each pixel to its cell and back, in training precision too."""
    x, levels = drawn
    y = dequantisation.spread(torch.from_numpy(x), torch.from_numpy(u), levels)
    assert_allclose(y, oracle.spread(x, u, levels), rtol=1e-14, atol=1e-16)
    assert ((y >= 0) & (y < 1)).all()
    inside = u > 2**-20  # at the very end of a cell rounding may choose its neighbour
    for dtype in (torch.float64, torch.float32):
        xs, us = torch.from_numpy(x).to(dtype), torch.from_numpy(0.999 * u).to(dtype)
        y = dequantisation.spread(xs, us, levels)
        back = dequantisation.gathered(y, levels).numpy()
        known = oracle.gathered(y.double().numpy(), levels)
        assert_allclose(back[inside], x[inside], rtol=1e-6, atol=1e-6)
        assert_allclose(known[inside], x[inside], rtol=1e-6, atol=1e-6)


def test_what_lies_outside_goes_to_the_nearest_cell():
    y = torch.tensor([[-0.5, 1.0, 7.0]])
    assert_array_equal(dequantisation.gathered(y, 16), [[-1, 1, 1]])
    assert_array_equal(oracle.gathered(y.numpy(), 16), [[-1, 1, 1]])


@given(arrays(float, 5, elements=st.floats(-1e3, 1e3)), st.integers(1, 784), LEVELS)
def test_in_levels(value, features, levels):
    ours = dequantisation.in_levels(torch.from_numpy(value), features, levels)
    assert_allclose(ours, oracle.in_levels(value, features, levels), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("levels", [1, 16, 255])
def test_the_uniform_density_costs_the_logarithm_of_the_number_of_levels(levels):
    """p_Y = 1 on [0, 1) gives every image of n-level pixels log2 n bits a pixel."""
    bits = dequantisation.in_levels(torch.zeros(1), 64, levels) / 64 / math.log(2)
    assert_allclose(bits, math.log2(levels + 1), rtol=1e-6)
