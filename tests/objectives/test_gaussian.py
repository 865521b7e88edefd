"""The Torch Gaussian likelihood is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import stats
from torch.func import grad, vmap

from pipeline.objectives import gaussian
from reference.objectives import gaussian as oracle
from tests.strategies import gaussians


@given(gaussians(members=2))
def test_value_and_gradients(drawn):
    x, v, mean, _ = drawn
    known = oracle.negative_log_likelihood(x, mean, v)
    arguments = [torch.from_numpy(array) for array in (x, mean, v)]
    value = gaussian.negative_log_likelihood(*arguments)
    assert value.shape == x.shape[:1]
    # Log variances of opposite sign cancel in the sum: the error is in units of the terms.
    scale = (1 + np.abs(v) + ((x - mean) * np.exp(-v / 2)) ** 2).sum(-1)
    assert (np.abs(value.numpy() - known) <= 4e-15 * scale).all()
    gradients = vmap(grad(gaussian.negative_log_likelihood, argnums=(1, 2)))(*arguments)
    for gradient, exact in zip(
        gradients, oracle.negative_log_likelihood_gradients(x, mean, v), strict=True
    ):
        assert_allclose(gradient, exact, rtol=1e-12, atol=1e-13)


@given(gaussians(members=2, mean=100.0, bound=40.0))
def test_finite_in_training_precision(drawn):
    x, v, mean, _ = (torch.from_numpy(array).float() for array in drawn)
    value = gaussian.negative_log_likelihood(x, mean, v)
    x, v, mean = (array.double().numpy() for array in (x, v, mean))
    scale = (1 + np.abs(v) + ((x - mean) * np.exp(-v / 2)) ** 2).sum(-1)
    known = oracle.negative_log_likelihood(x, mean, v)
    assert value.isfinite().all()
    assert (np.abs(value.numpy() - known) <= 2e-5 * scale).all()


@given(gaussians(members=2, mean=100.0, bound=20.0))
def test_the_oracle_is_the_density(drawn):
    x, v, mean, _ = drawn
    known = -stats.norm.logpdf(x, mean, np.exp(v / 2)).sum(-1)
    assert_allclose(oracle.negative_log_likelihood(x, mean, v), known, rtol=1e-12, atol=1e-12)


def test_extreme_variances_stay_finite_in_training_precision():
    """exp(80) and exp(-80) are single precision numbers; their product with x^2 must be too."""
    x, zero = torch.full((1, 2), 1e-10), torch.zeros(1, 2)
    v = torch.tensor([[80.0, -80.0]])
    known = np.log(2 * np.pi) + 0.5 * 1e-20 * (np.exp(80.0) + np.exp(-80.0))
    assert_allclose(gaussian.negative_log_likelihood(x, zero, v), known, rtol=1e-5)


def test_a_fixed_variance_makes_it_the_squared_error():
    """Half the squared error and a constant: the variance is the weight of reconstruction."""
    x, mean = torch.randn(4, 6, dtype=torch.float64), torch.zeros(4, 6, dtype=torch.float64)
    v = torch.tensor(np.log(0.25))
    value = gaussian.negative_log_likelihood(x, mean, v)
    squared = (x**2).sum(-1)
    assert_allclose(value - 2 * squared, np.full(4, 3 * np.log(2 * np.pi * 0.25)), rtol=1e-12)


@given(gaussians(members=2, mean=100.0, bound=20.0))
def test_densities_and_gradients(drawn):
    """The log density is minus the loss; its gradient in x is minus that in the mean."""
    x, v, mean, _ = drawn
    arguments = [torch.from_numpy(array) for array in (x, mean, v)]
    value = gaussian.log_density(*arguments)
    assert value.shape == x.shape[:1]
    scale = (1 + np.abs(v) + ((x - mean) * np.exp(-v / 2)) ** 2).sum(-1)
    assert (np.abs(value.numpy() - oracle.log_density(x, mean, v)) <= 4e-15 * scale).all()
    gradient = vmap(grad(gaussian.log_density))(*arguments)
    in_mean, _ = oracle.negative_log_likelihood_gradients(x, mean, v)
    assert_allclose(gradient, in_mean, rtol=1e-12, atol=1e-13)
    density = stats.norm.logpdf(x, mean, np.exp(v / 2)).sum(-1)
    assert_allclose(oracle.log_density(x, mean, v), density, rtol=1e-12, atol=1e-12)


@given(gaussians(mean=100.0))
def test_the_standard_density_is_that_of_mean_zero_and_variance_one(drawn):
    x = torch.from_numpy(drawn[0])
    value, zero = gaussian.standard_log_density(x), torch.zeros_like(x)
    assert_allclose(value, oracle.standard_log_density(drawn[0]), rtol=1e-14)
    assert_allclose(value, gaussian.log_density(x, zero, zero), rtol=1e-14)
    assert_allclose(value, stats.norm.logpdf(drawn[0]).sum(-1), rtol=1e-13)
    assert_allclose(vmap(grad(gaussian.standard_log_density))(x), -drawn[0], rtol=1e-14, atol=0)
