"""The Torch importance-weighted bound is the oracle's, in value and in gradient."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import importance_weighted
from reference.objectives import importance_weighted as oracle
from reference.theory.latent import iwae
from tests.strategies import logit_rows


@given(logit_rows(bound=745.13, max_width=8))
def test_value_and_gradients(log_weights):
    """The log of a mean of K terms rounds by some ulps of the largest weight, or of log K."""
    a = torch.from_numpy(log_weights)
    value, known = importance_weighted.bound(a), oracle.bound(log_weights)
    assert value.shape == log_weights.shape[:1]
    slack = 4e-16 * (np.abs(log_weights).max(-1) + math.log(log_weights.shape[1]) + 1)
    assert (np.abs(value.numpy() - known) <= slack).all()
    assert (np.abs(iwae(log_weights) - known) <= slack).all()
    gradients = vmap(grad(importance_weighted.bound))(a)
    assert_allclose(gradients, oracle.bound_gradients(log_weights), rtol=1e-12, atol=1e-300)


@given(logit_rows(bound=500.0, max_width=8))
def test_it_lies_between_the_mean_and_the_largest_log_weight(log_weights):
    """Jensen below, w <= w_max above: so it is a bound and not its negative."""
    value = importance_weighted.bound(torch.from_numpy(log_weights)).numpy()
    slack = 1e-13 * (1 + np.abs(log_weights).max(-1))
    assert (value >= log_weights.mean(-1) - slack).all()
    assert (value <= log_weights.max(-1) + slack).all()


@given(st.floats(-500, 500), st.integers(1, 60))
def test_equal_weights_are_their_own_mean(log_weight, draws):
    """A sum in place of the mean would be log K too high."""
    value = importance_weighted.bound(torch.full((2, draws), log_weight, dtype=torch.float64))
    assert_allclose(value, log_weight, rtol=1e-14, atol=1e-14)


def test_images_have_weights_that_underflow_in_training_precision():
    """Half a unit in the last place of 1000 is 3e-5, and is what a weight's share is off by."""
    a = torch.tensor([[-1000.0, -1001.0]], requires_grad=True)
    importance_weighted.bound(a).sum().backward()
    known = -1000 + math.log((1 + math.exp(-1)) / 2)
    assert_allclose(importance_weighted.bound(a).item(), known, rtol=2e-7)
    assert_allclose(a.grad, [[0.7310586, 0.2689414]], rtol=6.2e-5)


def test_draws_are_averaged_and_examples_are_not():
    a = torch.tensor([[0.0, math.log(3)], [-5.0, -5.0]], dtype=torch.float64)
    assert_allclose(importance_weighted.bound(a), [math.log(2), -5.0], rtol=1e-14)
