"""The Torch Bernoulli likelihood is the oracle's, in value and in gradient."""

from itertools import product

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import stats
from torch.func import grad, vmap

from pipeline.objectives import bernoulli
from reference.objectives import bernoulli as oracle
from reference.primitives import sigmoid
from tests.strategies import logits, pixels_and_logits


@given(pixels_and_logits())
def test_value_and_gradient(drawn):
    x, a = drawn
    pixels, predicted = torch.from_numpy(x), torch.from_numpy(a)
    scale = 1 + np.abs(a).sum(-1)
    value = bernoulli.negative_log_likelihood(pixels, predicted)
    assert value.shape == x.shape[:1]
    error = value.numpy() - oracle.negative_log_likelihood(x, a)
    assert (np.abs(error) <= 1e-15 * scale).all()
    gradient = vmap(grad(bernoulli.negative_log_likelihood, argnums=1))(pixels, predicted)
    assert_allclose(
        gradient, oracle.negative_log_likelihood_gradient(x, a), rtol=1e-13, atol=3e-16
    )


@given(pixels_and_logits())
def test_finite_in_training_precision(drawn):
    x, a = (torch.from_numpy(array).float() for array in drawn)
    value = bernoulli.negative_log_likelihood(x, a)
    known = oracle.negative_log_likelihood(x.double().numpy(), a.double().numpy())
    assert value.isfinite().all()
    assert_allclose(value, known, rtol=2e-6, atol=1e-5)


@given(logits(bound=8.0))
def test_the_oracle_is_a_probability_of_binary_images(a):
    """Against scipy's Bernoulli, pixel by pixel, at both of its outcomes; and the probabilities
    of all images, 2^n of n pixels, sum to 1."""
    for outcome in (0.0, 1.0):
        known = -stats.bernoulli.logpmf(outcome, sigmoid(a))
        x = np.full_like(a, outcome)
        assert_allclose(oracle.negative_log_likelihood(x[:, None], a[:, None]), known, rtol=1e-12)
        assert_allclose(oracle.negative_log_likelihood(x, a), known.sum(), rtol=1e-12)
    every = np.array([*product((0.0, 1.0), repeat=len(a))])
    assert_allclose(np.exp(-oracle.negative_log_likelihood(every, a)).sum(), 1, rtol=1e-12)


def test_grey_pixels_have_an_entropy_floor():
    """The best logit of a grey pixel x is log x/(1-x), and it still pays the entropy of x."""
    x = np.array([[0.2, 0.7, 0.5]])
    best = np.log(x) - np.log1p(-x)
    floor = -(x * np.log(x) + (1 - x) * np.log1p(-x)).sum()
    pixels = torch.from_numpy(x)
    assert_allclose(
        bernoulli.negative_log_likelihood(pixels, torch.from_numpy(best)), floor, rtol=1e-14
    )
    for other in (best + 0.1, best - 0.1):
        worse = bernoulli.negative_log_likelihood(pixels, torch.from_numpy(other))
        assert worse > floor


def test_pixels_are_summed_and_images_are_not():
    value = bernoulli.negative_log_likelihood(torch.ones(3, 784), torch.zeros(3, 784))
    assert_allclose(value, np.full(3, 784 * np.log(2)), rtol=1e-6)
