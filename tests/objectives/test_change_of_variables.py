"""The Torch change of variables is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import stats
from torch.func import grad, vmap

from pipeline.objectives import change_of_variables
from reference.objectives import change_of_variables as oracle
from reference.theory.flows import actnorm, flow_logprob
from tests.strategies import gaussians


@given(gaussians(mean=100.0))
def test_value_and_gradients(drawn):
    z, log_det = drawn[0], drawn[1][:, 0]
    arguments = torch.from_numpy(z), torch.from_numpy(log_det)
    value = change_of_variables.negative_log_likelihood(*arguments)
    assert value.shape == z.shape[:1]
    known = oracle.negative_log_likelihood(z, log_det)
    scale = 1 + (z**2).sum(-1) + np.abs(log_det)  # both signs: the error is in units of the terms
    assert (np.abs(value.numpy() - known) <= 4e-15 * scale).all()
    gradients = vmap(grad(change_of_variables.negative_log_likelihood, argnums=(0, 1)))(*arguments)
    for gradient, exact in zip(
        gradients, oracle.negative_log_likelihood_gradients(z, log_det), strict=True
    ):
        assert_allclose(gradient, exact, rtol=1e-14)


@given(gaussians(members=2, mean=10.0, bound=4.0))
def test_a_scaled_and_shifted_normal_is_a_normal(drawn):
    """x = m + s z has the density that scipy says: the determinant is added, not subtracted."""
    x, v, m, _ = drawn
    z = (x - m) * np.exp(-v / 2)
    value = change_of_variables.negative_log_likelihood(
        torch.from_numpy(z), torch.from_numpy(-v.sum(-1) / 2)
    )
    assert_allclose(value, -stats.norm.logpdf(x, m, np.exp(v / 2)).sum(-1), rtol=1e-11, atol=1e-11)
    inverse = [lambda x: actnorm(x - m, -v / 2, np.zeros_like(m))]
    assert_allclose(value, -flow_logprob(x, inverse), rtol=1e-11, atol=1e-11)


def test_it_is_a_loss_and_not_a_likelihood():
    """Farther from the mode costs more."""
    near, far = torch.zeros(1, 2), torch.ones(1, 2)
    loss = change_of_variables.negative_log_likelihood
    assert loss(near, torch.zeros(1)) < loss(far, torch.zeros(1))
