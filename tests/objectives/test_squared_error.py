"""The Torch squared error is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import gaussian, squared_error
from reference.objectives import squared_error as oracle
from tests.strategies import gaussians


@given(gaussians(members=2))
def test_value_and_gradient(drawn):
    x, _, y, _ = drawn
    arguments = torch.from_numpy(x), torch.from_numpy(y)
    value = squared_error.squared_error(*arguments)
    assert value.shape == x.shape[:1]
    assert_allclose(value, oracle.squared_error(x, y), rtol=1e-14)
    gradient = vmap(grad(squared_error.squared_error, argnums=1))(*arguments)
    assert_allclose(gradient, oracle.squared_error_gradient(x, y), rtol=1e-15)


@given(gaussians(members=2, mean=100.0))
def test_it_is_a_gaussian_likelihood_less_its_constant(drawn):
    """Of variance 1/2: the same minimum and the same gradients."""
    x, _, y, _ = (torch.from_numpy(array) for array in drawn)
    constant = x.shape[1] * np.log(np.pi) / 2
    value = squared_error.squared_error(x, y)
    likelihood = gaussian.negative_log_likelihood(x, y, torch.tensor(np.log(0.5)))
    assert_allclose(likelihood, value + constant, rtol=1e-13)


def test_features_are_summed_and_examples_are_not_averaged():
    x, y = torch.zeros(2, 3), torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 1.0]])
    assert squared_error.squared_error(x, y).tolist() == [9, 1]
