"""The generator's gradients of both losses, and the divergences that they minimise at D*."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import minimax, non_saturating
from reference.objectives import minimax as minimax_oracle
from reference.objectives import non_saturating as oracle


@given(st.lists(st.floats(-500.0, -0.01), min_size=1, max_size=8).map(np.array))
def test_non_saturating_keeps_its_gradient_where_the_discriminator_rejects(a):
    """Below D = 1/2 its gradient is the stronger one, and by the factor (1 - D) / D = e^-a.

    Far below, at a < -37, it is -1 to the last bit, while the minimax gradient is at most e^a.
    """
    rejected = torch.from_numpy(a)
    kept = vmap(grad(non_saturating.generator_loss))(rejected).numpy()
    lost = vmap(grad(minimax.generator_loss))(rejected).numpy()
    assert (kept <= -0.5).all()
    assert (kept < lost).all()
    assert (kept[a < -37] == -1).all()
    assert (np.abs(lost) <= np.exp(a) * (1 + 1e-14)).all()
    assert_allclose(np.log(kept / lost), -a, rtol=1e-12, atol=1e-14)
    assert_allclose(kept, oracle.generator_loss_gradient(a), rtol=1e-13)
    assert_allclose(lost, minimax_oracle.generator_loss_gradient(a), rtol=1e-13)


@given(st.floats(-500, 500))
def test_both_losses_push_the_same_way(a):
    """Both gradients are negative everywhere: a higher logit is better for the generator."""
    logit = torch.tensor(a, dtype=torch.float64)
    assert grad(non_saturating.generator_loss)(logit) < 0
    assert grad(minimax.generator_loss)(logit) < 0


def test_the_gradients_are_equal_only_where_the_discriminator_is_undecided():
    zero = torch.zeros((), dtype=torch.float64)
    assert grad(non_saturating.generator_loss)(zero) == -0.5
    assert grad(minimax.generator_loss)(zero) == -0.5


@given(st.floats(-30, 30))
def test_gradients_are_those_of_central_differences(a):
    for loss, gradient in (
        (oracle.generator_loss, oracle.generator_loss_gradient),
        (minimax_oracle.generator_loss, minimax_oracle.generator_loss_gradient),
    ):
        h = 1e-5
        assert_allclose((loss(a + h) - loss(a - h)) / (2 * h), gradient(a), atol=2e-9)
