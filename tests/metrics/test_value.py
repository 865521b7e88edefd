"""The Torch value of the game is the oracle's."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.metrics import value
from reference.metrics import value as oracle
from tests.strategies import logits


@given(logits(), logits())
def test_value(a, b):
    ours = value.value(torch.from_numpy(a), torch.from_numpy(b))
    assert_allclose(ours, oracle.value(a, b), rtol=1e-14)
    ours = value.distance_from_half(torch.from_numpy(a), torch.from_numpy(b))
    assert_allclose(ours, oracle.distance_from_half(a, b), rtol=1e-13, atol=1e-300)


def test_an_undecided_discriminator():
    zero = torch.zeros(3, dtype=torch.float64)
    assert_allclose(value.value(zero, zero[:2]), -np.log(4), rtol=1e-15)
    assert value.distance_from_half(zero, zero) == 0


def test_which_argument_is_real():
    """A discriminator that is right about both reaches 0, its largest value."""
    sure = torch.full((3,), 50.0, dtype=torch.float64)
    assert -1e-20 < value.value(sure, -sure) < 0
    assert value.value(-sure, sure) == -100


def test_each_sample_has_half_the_weight():
    """However many examples it has: one certain real among none certain of three fakes."""
    real, fake = torch.full((1,), 60.0).double(), torch.zeros(3).double()
    assert value.distance_from_half(real, fake) == 0.25
    assert oracle.distance_from_half(real.numpy(), fake.numpy()) == 0.25
