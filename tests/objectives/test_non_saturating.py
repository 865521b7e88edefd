"""The Torch non-saturating loss is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import minimax, non_saturating
from reference.objectives import non_saturating as oracle
from tests.strategies import logits


@given(logits())
def test_value_and_gradient(a):
    fake = torch.from_numpy(a)
    assert_allclose(non_saturating.generator_loss(fake), oracle.generator_loss(a), rtol=1e-14)
    gradient = vmap(grad(non_saturating.generator_loss))(fake)
    assert_allclose(gradient, oracle.generator_loss_gradient(a), rtol=1e-13)


@given(logits())
def test_finite_in_training_precision(a):
    single = torch.from_numpy(a).float()
    value = non_saturating.generator_loss(single)
    assert value.isfinite().all()
    assert_allclose(value, oracle.generator_loss(single.double().numpy()), rtol=2e-6, atol=1e-37)


def test_does_not_saturate():
    """Far on the losing side its gradient is -1; the minimax loss has none left."""
    rejected = torch.tensor(-50.0)
    assert grad(non_saturating.generator_loss)(rejected) == -1
    assert abs(grad(minimax.generator_loss)(rejected)) < 1e-20


def test_an_undecided_discriminator_costs_log_two():
    zero = torch.zeros(1, dtype=torch.float64)
    assert_allclose(non_saturating.generator_loss(zero), np.log(2), rtol=1e-15)


def test_exact_where_softplus_turns_linear():
    """Torch's softplus is off by 2e-9 here; the loss may not be."""
    a = torch.tensor([-20.0001], dtype=torch.float64)
    assert_allclose(non_saturating.generator_loss(a) - 20.0001, np.log1p(np.exp(-20.0001)), 1e-5)
