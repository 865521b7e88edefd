"""A die is fitted by its faces' frequencies, and sampled by the inverse of its distribution."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models.categorical import Model
from reference.theory import dice


def test_the_shares_have_no_gradient(double):
    """Maximum likelihood is where the model's distribution is the histogram of the data."""
    model = Model(features=2, levels=2)
    x = torch.tensor([[-1.0, 0], [0, 0], [0, 1], [1, 1]])
    logits = torch.tensor([[0.25, 0.5, 0.25], [1e-300, 0.5, 0.5]]).log().requires_grad_()

    class Net:
        def marginals(self):
            return logits

    value = model.negative_log_likelihood(Net(), {"x": x}, {})
    assert_allclose(value.detach(), [np.log(8), np.log(4), np.log(4), np.log(8)], rtol=1e-12)
    value.mean().backward()
    assert_allclose(logits.grad, 0, atol=1e-12)


def test_it_is_thrown_as_the_oracle_throws_it(double):
    model = Model(features=1, levels=5)
    ensemble = Ensemble(model, [0])
    p = np.array([0.1, 0.2, 0.3, 0.0, 0.25, 0.15])
    with torch.no_grad(), np.errstate(divide="ignore"):
        ensemble.state["marginals"]["logits"].copy_(torch.from_numpy(np.log(p)))
    u = np.random.default_rng(0).random((1, 1000, 1))
    x = ensemble.each(model.sample, {"u": torch.from_numpy(u)})
    assert_array_equal((x + 1) / 2 * 5, dice.inverse_cdf_sample(u, p))


@pytest.mark.slow
def test_training_ends_with_the_shares():
    face = torch.tensor([0] * 50 + [1] * 30 + [2] * 20)
    data = {"x": (face.float() - 1)[:, None], "label": face}
    ensemble = Ensemble(Model(features=1, levels=2), [0, 1])
    training = Training(ensemble, data, 100, optimizer("adam", lr=1e-2))
    for _ in training.play(1000):
        pass
    share = ensemble.each(ensemble.model.distribution).exp()
    # Batches of 100 and a step of 0.01: shares wander by some 0.02.
    assert_allclose(share, torch.tensor([0.5, 0.3, 0.2]).expand(2, 1, 3), atol=0.06)
