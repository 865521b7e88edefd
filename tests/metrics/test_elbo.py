"""The Torch evidence bound is the oracle's."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import Uniform, draw
from pipeline.metrics import elbo
from pipeline.models import vae
from reference.metrics import elbo as oracle
from tests.strategies import gaussians


@given(gaussians(max_rows=1))
def test_value(drawn):
    reconstruction, kl = (array[0] for array in drawn)
    ours = elbo.elbo(torch.from_numpy(reconstruction), torch.from_numpy(kl))
    assert_allclose(ours, oracle.elbo(reconstruction, kl), rtol=1e-13, atol=1e-12)


def test_both_terms_lower_it_and_images_are_averaged():
    assert elbo.elbo(torch.tensor([80.0, 90.0]), torch.tensor([5.0, 7.0])) == -91


@given(gaussians(members=2, max_rows=1))
def test_shortfall(drawn):
    log_density, reconstruction, kl = (array[0] for array in drawn[:3])
    ours = elbo.shortfall(*map(torch.from_numpy, (log_density, reconstruction, kl)))
    known = oracle.shortfall(log_density, reconstruction, kl)
    scale = np.abs(drawn[:3]).max()
    assert_allclose(ours, known, rtol=1e-13, atol=1e-14 * scale + 1e-12)


def test_a_bound_below_the_density_falls_short():
    """log p = -80, bound -85: 5 nats are missing, and the sign says so."""
    ours = elbo.shortfall(torch.tensor([-80.0]), torch.tensor([80.0]), torch.tensor([5.0]))
    assert ours == 5


class Counting(vae.Model):
    """Its reconstruction term counts the lit pixels that it is shown."""

    def reconstruction(self, x, decoded):
        return x.sum(-1)


def test_every_run_is_shown_the_same_frozen_images():
    """Drawn from stream "frozen/pixel" of seed 0, whatever the seeds and draws of the run."""
    x = torch.rand(40, 5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    lit = draw(Uniform((5,)), (40,), 0, "frozen/pixel", 0, "cpu") < (x + 1) / 2
    model = Counting(5, 2, 3, "bernoulli")
    for seeds in ([0, 1], [7]):
        splits = {"test": {"x": x}, "train": {"x": -x}, "dataset": None}
        run = SimpleNamespace(model=model, ensemble=Ensemble(model, seeds), **splits)
        found = elbo.measure(run)["reconstruction"]
        known = lit.float().sum(-1).mean().item()
        assert found.values == pytest.approx([known] * len(seeds))
        assert found.reference == pytest.approx(known)
