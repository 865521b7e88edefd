"""The Torch Gaussian KL is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import gaussian_kl
from reference.objectives import gaussian_kl as oracle
from tests.strategies import gaussians


@given(gaussians())
def test_value_and_gradients(drawn):
    m, v = drawn
    arguments = torch.from_numpy(m), torch.from_numpy(v)
    value = gaussian_kl.kl_to_standard_normal(*arguments)
    assert value.shape == m.shape[:1]
    # e^v - 1 - v loses the digits of v where v is small: 1 ulp of v per latent.
    slack = 2e-16 * (1 + np.minimum(np.abs(v), 1)).sum(-1)
    known = oracle.kl_to_standard_normal(m, v)
    assert (np.abs(value.numpy() - known) <= 1e-14 * known + slack).all()
    gradients = vmap(grad(gaussian_kl.kl_to_standard_normal, argnums=(0, 1)))(*arguments)
    for gradient, exact in zip(
        gradients, oracle.kl_to_standard_normal_gradients(m, v), strict=True
    ):
        assert_allclose(gradient, exact, rtol=1e-13, atol=1e-16)


@given(gaussians())
def test_finite_and_not_negative_in_training_precision(drawn):
    m, v = (torch.from_numpy(array).float() for array in drawn)
    value = gaussian_kl.kl_to_standard_normal(m, v)
    known = oracle.kl_to_standard_normal(m.double().numpy(), v.double().numpy())
    assert value.isfinite().all()
    assert (value >= 0).all()
    assert_allclose(value, known, rtol=2e-6, atol=6e-8 * m.shape[1])


def test_small_log_variances_do_not_go_negative_in_training_precision():
    """exp(v) - 1 - v in float32 is below zero for one value in fifty around v = 1e-5."""
    v = torch.linspace(-2e-5, 2e-5, 20_001)[:, None]
    assert (gaussian_kl.kl_to_standard_normal(torch.zeros_like(v), v) >= 0).all()


def test_known_answers():
    m, v = torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2)
    assert gaussian_kl.kl_to_standard_normal(m, v) == 12.5
    twice = torch.log(torch.tensor([[4.0]], dtype=torch.float64))
    value = gaussian_kl.kl_to_standard_normal(torch.zeros(1, 1, dtype=torch.float64), twice)
    assert_allclose(value, 1.5 - np.log(2), rtol=1e-15)


def test_a_hundred_thousand_latents_are_summed():
    m, v = torch.ones(1, 100_000), torch.zeros(1, 100_000)
    assert gaussian_kl.kl_to_standard_normal(m, v) == 50_000
