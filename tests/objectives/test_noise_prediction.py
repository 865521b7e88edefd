"""The Torch noise prediction error is the oracle's, in value and in gradient."""

import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import noise_prediction
from reference.objectives import noise_prediction as oracle
from tests.strategies import gaussians


@given(gaussians(members=2))
def test_value_and_gradients(drawn):
    e, _, predicted, _ = drawn
    arguments = torch.from_numpy(e), torch.from_numpy(predicted)
    value = noise_prediction.squared_error(*arguments)
    assert value.shape == e.shape[:1]
    assert_allclose(value, oracle.squared_error(e, predicted), rtol=1e-14)
    gradients = vmap(grad(noise_prediction.squared_error, argnums=(0, 1)))(*arguments)
    for gradient, exact in zip(
        gradients, oracle.squared_error_gradients(e, predicted), strict=True
    ):
        assert_allclose(gradient, exact, rtol=1e-14)


def test_features_are_summed_and_examples_are_not_averaged():
    e = torch.ones(3, 64)
    assert (noise_prediction.squared_error(e, torch.zeros_like(e)) == torch.full((3,), 64.0)).all()
