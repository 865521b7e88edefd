"""Acceptance is the oracle's, and with the best discriminator it leaves the data."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.datasets import ring
from pipeline.metrics import coverage, rejection
from reference.metrics import rejection as oracle

LOGITS = arrays(float, st.integers(1, 9), elements=st.floats(-30, 30))


@given(LOGITS, st.floats(-5, 5))
def test_values(logits, gamma):
    """F is of 18 at most, where 1 - exp(-eps) has 8 digits; the product of both keeps 7."""
    ours = rejection.acceptance(torch.from_numpy(logits), gamma)
    assert_allclose(ours, oracle.acceptance(logits, gamma), rtol=1e-7, atol=1e-14)


@given(LOGITS, st.floats(-50, 50))
def test_a_constant_of_the_logits_cancels(logits, constant):
    """To 1e-6: the best sample's F hangs on eps, beside which the constant's rounding counts."""
    ours = rejection.acceptance(torch.from_numpy(logits))
    moved = rejection.acceptance(torch.from_numpy(logits + constant))
    assert_allclose(ours, moved, rtol=1e-5, atol=1e-12)


@given(LOGITS)
def test_with_no_threshold_it_is_the_ratio_over_its_greatest(logits):
    """s(F) = exp(a - M) up to eps: odds r / (1 - r) of a chance r."""
    found = rejection.acceptance(torch.from_numpy(logits), 0.0)
    assert_allclose(found, np.exp(logits - logits.max()), rtol=1e-6, atol=2e-8)


def test_the_best_discriminator_leaves_the_data():
    """A generator that draws half of its samples too wide: with log p / p_g as logit, gamma 0.

    25,000 draws, 2,500 of them accepted: their divergence is that of true samples, .0020 on
    average with sd .0005, where before it was above .1.
    """
    data = ring.DataSet()
    rng = np.random.default_rng(0)
    good, wide = (data.sample(12_500, rng)[0] for _ in range(2))
    wide = wide + 0.05 * rng.standard_normal(wide.shape)
    x = rng.permutation(np.concatenate([good, wide]))
    spread = 0.05**2 + data.scale**2

    def of(scale2):
        far = ((x[:, None] - data.means) ** 2).sum(-1) / 2
        return np.exp(-far / scale2).sum(1) / scale2

    p, q = of(data.scale**2), (of(data.scale**2) + of(spread)) / 2
    chance = rejection.acceptance(torch.from_numpy(np.log(p / q)), 0.0).numpy()
    kept = x[rng.random(len(x)) < chance][: coverage.SAMPLES]
    assert len(kept) == coverage.SAMPLES
    means, shares = torch.from_numpy(data.means), coverage.cell_shares(8, 2)

    def divergence(of):
        counts = coverage.cell_histogram(torch.from_numpy(of).double(), means, data.scale)
        return coverage.jensen_shannon(counts, shares).item()

    assert divergence(x[: coverage.SAMPLES]) > 0.1
    assert divergence(kept) < 0.0045


class Drawn:
    """A run whose samples and logits are known, and whose coins fall evenly."""

    seeds = (0,)
    dataset = ring.DataSet()

    def __init__(self, x, logits):
        self.x, self.found = x, logits
        even = torch.linspace(0, 1, len(x) + 1)[None, 1:]
        self.ensemble = SimpleNamespace(noise=lambda *asked: {"coin": even})

    def sample(self, count):
        assert count == len(self.x)
        return self.x[None]

    def logits(self, x):
        return self.found[None]


@pytest.mark.parametrize("worth", [0.0, 30.0], ids=["undecided", "sure"])
def test_samples_that_a_sure_discriminator_refuses_are_gone(worth):
    """Half of the samples lie between the modes; an undecided discriminator keeps both halves."""
    x, _ = Drawn.dataset.sample(rejection.DRAWN, np.random.default_rng(1))
    x = torch.from_numpy(x)
    bad = torch.arange(len(x)) % 2 == 0
    x[bad] *= 0.5
    found = rejection.measure(Drawn(x, torch.where(bad, -worth, 0.0)))
    divergence = found["divergence"].values[0]
    assert divergence < 0.0045 if worth else divergence > 0.1
    assert 0.09 < found["accepted"].values[0] < (0.6 if worth else 1.0)
