"""The rates of latents are the oracle's, their sum is the KL, and active latents are counted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import Uniform, draw
from pipeline.metrics import rate
from pipeline.models import vae
from pipeline.objectives import gaussian_kl
from reference.metrics import rate as oracle
from tests.strategies import gaussians


@given(gaussians(mean=100.0, bound=20.0))
def test_rates(drawn):
    m, v = drawn
    model = vae.Model(3, m.shape[1], 5, "bernoulli")
    ours = model.kl_by_latent(torch.from_numpy(m), torch.from_numpy(v)).mean(0)
    known = oracle.rates(m, v)
    assert_allclose(ours, known, rtol=1e-13, atol=2e-16)
    total = gaussian_kl.kl_to_standard_normal(torch.from_numpy(m), torch.from_numpy(v)).mean()
    assert_allclose(ours.sum(), total, rtol=1e-12, atol=1e-15)


@given(gaussians(mean=100.0))
def test_active_units(drawn):
    """A variance within rounding of the threshold may fall on either side of it."""
    m, _ = drawn
    if (np.abs(m.var(0) - rate.ACTIVE) > 1e-9).all():
        assert rate.active_units(torch.from_numpy(m)) == oracle.active_units(m)


def test_which_latents_count():
    """Means of variance .04 and .0025, and one that is far off but alike for every image."""
    mean = torch.tensor([[0.2, 0.05, 7.0], [-0.2, -0.05, 7.0]])
    assert rate.active_units(mean) == 1
    assert rate.active_units(mean[:, 2:]) == 0


def test_a_rate_is_a_cost_and_not_yet_a_message(double):
    """m = 3 costs 9/2 nats in every image although it tells none from another."""
    mean, v = torch.tensor([[3.0, 0.0], [3.0, 0.0]]), torch.zeros(2, 2)
    assert_allclose(vae.Model(3, 2, 5, "bernoulli").kl_by_latent(mean, v).mean(0), [4.5, 0.0])


def test_a_run_is_measured_on_its_frozen_test_images(double):
    """Rates from the largest, their mean beside them, a replica at a time."""
    model = vae.Model(3, 4, 5, "bernoulli")
    ensemble = Ensemble(model, [0, 1])
    run = SimpleNamespace(model=model, ensemble=ensemble, test={"x": torch.randn(20, 3)})
    found = rate.measure(run)
    bars = np.array(found["by_latent"].values)
    assert bars.shape == (2, 4)
    assert (np.diff(bars, axis=1) <= 0).all()
    assert found["kl_per_latent"].values == pytest.approx(bars.mean(1))
    assert found["active_units"].unit == "of 4"
    assert rate.measure(run)["by_latent"].values == found["by_latent"].values


class Transparent(vae.Model):
    """Its posterior means are the pixels that it is shown."""

    def encode(self, net, x):
        return x, torch.zeros_like(x)


def test_the_encoder_is_shown_frozen_black_and_white():
    """A grey pixel is lit in half the images or so: 1/2 m^2 of m = 1 there, 0 elsewhere."""
    model = Transparent(4, 4, 5, "bernoulli")
    x = torch.tensor([[0.0, 0.0, -1.0, 1.0]]).expand(400, 4)
    lit = draw(Uniform((4,)), (400,), 0, "frozen/pixel", 0, "cpu") < (x + 1) / 2
    run = SimpleNamespace(model=model, ensemble=Ensemble(model, [5]), test={"x": x})
    known = sorted((lit.float().mean(0) / 2).tolist(), reverse=True)
    found = rate.measure(run)
    assert found["by_latent"].values[0] == pytest.approx(known)
    assert found["active_units"].values == [2.0]
