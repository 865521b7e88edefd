"""Piecewise linear units, and the gradient through chains of saturating ones."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

# A unit of three numbers, and at how many points of a line its gradient may change at most.
PIECEWISE = {
    "ReLU": (torch.relu, 3),
    "LeakyReLU": (lambda x: F.leaky_relu(x, 0.2), 3),
    "hard tanh": (F.hardtanh, 6),
    "maxout": (lambda x: x.amax(-1, keepdim=True), 2),
}
SMOOTH = {"sigmoid": torch.sigmoid, "softmax": lambda x: x.softmax(-1), "tanh": torch.tanh}
DIRECTION = arrays(float, 3, elements=st.floats(0.3, 2)).map(lambda v: v * [1.0, -1.0, 0.5])


def bends(unit, start, direction):
    """At how many of 199 inner points of a line the second difference is not 0."""
    t = torch.linspace(-4, 4, 201, dtype=torch.float64)[:, None]
    y = unit(torch.from_numpy(start) + t * torch.from_numpy(direction))
    # Values are below 20, so that rounding leaves less than 20 * 4 * 2^-53 = 1e-14.
    return int((y.diff(n=2, dim=0).abs().amax(-1) > 1e-13).sum())


@pytest.mark.parametrize("name", PIECEWISE)
@given(start=arrays(float, 3, elements=st.floats(-2, 2)), direction=DIRECTION)
def test_linear_but_for_a_few_kinks(name, start, direction):
    """Each kink lies between two grid points, and bends the second differences at both."""
    unit, kinks = PIECEWISE[name]
    assert bends(unit, start, direction) <= 2 * kinks


@pytest.mark.parametrize("name", SMOOTH)
@given(start=arrays(float, 3, elements=st.floats(-2, 2)), direction=DIRECTION)
def test_softmax_and_sigmoid_have_no_linear_piece(name, start, direction):
    """Nearly everywhere on the line: a second derivative has its zeros, and they are few."""
    assert bends(SMOOTH[name], start, direction) >= 190


@pytest.mark.parametrize(("unit", "steepest"), [(torch.sigmoid, 0.25), (F.hardtanh, 1.0)])
@given(x=st.floats(-30, 30), depth=st.integers(1, 12))
def test_a_chain_of_sigmoids_loses_a_gradient_and_one_of_pieces_need_not(unit, steepest, x, depth):
    """The gradient through L sigmoids is at most 4^-L: back-propagation through them fades."""
    start = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = start
    for _ in range(depth):
        y = unit(y)
    (gradient,) = torch.autograd.grad(y, start)
    assert 0 <= gradient <= steepest**depth
    if unit is F.hardtanh and abs(x) < 1:
        assert gradient == 1
