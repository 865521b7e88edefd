"""The bound of a diffusion model is the oracle's, and tight for the optimal denoiser."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.metrics.denoiser import optimal_noise
from pipeline.models.diffusion import Model
from reference.theory import diffusion, diffusion_bound


class Best:
    """In the place of a network, the best denoiser of N(mean, scale^2) data."""

    def __init__(self, model, mean, scale):
        self.log_snr, self.steps = model.log_snr(torch.zeros(1)), model.steps
        self.mean, self.scale = mean, scale

    def denoiser(self, xt, time):
        step = (time * self.steps).round().long() - 1
        signal = self.log_snr[step].sigmoid()[:, None]
        return optimal_noise(xt, signal, torch.full((1, xt.shape[-1]), self.mean), self.scale)


def test_the_bound_is_the_oracles(double):
    """All T + 1 terms, with a network far from trained, pixels on a grid: Ho's equation 5."""
    model = Model(features=3, width=8, steps=20, schedule="cosine", levels=4)
    ensemble = Ensemble(model, [0])
    rng = np.random.default_rng(0)
    x = torch.from_numpy(2 * rng.integers(0, 5, (6, 3)) / 4 - 1)
    e = torch.from_numpy(rng.standard_normal((6, 20, 3)))
    log_snr, beta = model.log_snr(x), diffusion.schedule("cosine", 20)

    def bound(net):
        return model.negative_log_likelihood(net, {"x": x}, {"e": e})

    def predict(xt, t):
        def predicted(net):
            step = torch.full((6,), t - 1)
            return model.predicted(net, torch.from_numpy(xt), step, log_snr[t - 1])

        return ensemble.each(predicted)[0].numpy()

    terms = diffusion_bound.vlb_terms(
        x.numpy(), e.numpy().swapaxes(0, 1), predict, beta, "posterior", 5
    )
    # Where A is small, at the end, x_0 and its errors of rounding are divided by sqrt(A).
    assert_allclose(ensemble.each(bound)[0], terms.sum(0), rtol=1e-7)


@pytest.mark.parametrize("steps", [100, 1000])
def test_the_best_denoiser_makes_the_bound_tight(steps, double):
    """E of the bound less the entropy of N(1, 1/4) is positive and falls as 1 / T.

    The gap is the KL of one whole chain to the other: each step's variance is not quite that of
    the reverse, which costs a square of the step a step. 4,000 points; paired with log p(x).
    """
    model = Model(features=1, width=1, steps=steps)
    generator = torch.Generator().manual_seed(0)
    x = 1 + 0.5 * torch.randn(4000, 1, generator=generator)
    e = torch.randn(4000, steps, 1, generator=generator)
    value = model.negative_log_likelihood(Best(model, 1.0, 0.5), {"x": x}, {"e": e})
    gap = value + torch.distributions.Normal(1, 0.5).log_prob(x)[:, 0]
    assert gap.mean() > 0
    assert gap.mean() < 30 / steps


@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
def test_the_best_denoiser_draws_the_data(sampler, double):
    """N(1, 1/4) by T = 200 steps: mean and deviation of 20,000 draws.

    x_T still knows sqrt(A_T) = 0.05 of the mean, and DDIM, which starts from 0, keeps 0.5 of
    that error, the share of the deviations; the steps add as much again.
    """
    model = Model(features=1, width=1, steps=200, sampler=sampler)
    generator = torch.Generator().manual_seed(0)
    noise = {
        name: torch.randn(20_000, *distribution.shape, generator=generator)
        for name, distribution in model.prior().items()
    }
    x = model.sample(Best(model, 1.0, 0.5), noise)
    assert x.mean().item() == pytest.approx(1, abs=0.05)
    assert x.std().item() == pytest.approx(0.5, rel=0.05)


def test_ddim_draws_nothing_but_its_start():
    assert Model(features=2, width=4, sampler="ddim").prior().keys() == {"x"}


def test_pixels_that_are_nearly_seen_are_told_their_level(double):
    """At the first step the grid decides, whatever the network says of the surroundings."""
    model = Model(features=4, width=8, levels=16)
    ensemble = Ensemble(model, [0])
    x = 2 * torch.randint(17, (9, 4), generator=torch.Generator().manual_seed(0)) / 16 - 1
    e = torch.zeros(9, 100, 4)
    log_snr = model.log_snr(x)[0]

    def predicted(net):
        return model.predicted(net, log_snr.sigmoid().sqrt() * x, torch.zeros(9).long(), log_snr)

    # The next level is 0.125 / 0.018 = 6.8 deviations off, e^-23 of the weight, times the net's.
    torch.testing.assert_close(ensemble.each(predicted)[0], e[:, 0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", [100, 1000])
def test_nothing_known_costs_the_logarithm_of_the_number_of_levels(steps, double):
    """Even logits and pixels drawn evenly: log 17 a pixel, and what T steps cost, as 1 / T."""
    model = Model(features=8, width=4, steps=steps, levels=16)
    generator = torch.Generator().manual_seed(0)
    x = 2 * torch.randint(17, (500, 8), generator=generator) / 16 - 1
    e = torch.randn(500, steps, 8, generator=generator)
    net = Best(model, 0, 1)
    net.denoiser = lambda xt, time: torch.zeros(len(xt), 8 * 17)
    value = model.negative_log_likelihood(net, {"x": x}, {"e": e}).mean() / 8 / math.log(17)
    assert 1 < value < 1.005 + 10 / steps
