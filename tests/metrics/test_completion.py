"""The conditional is the oracle's; true draws, the mean alone and noise are told apart."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.datasets.linear_gaussian import DataSet
from pipeline.engine.randomness import Normal, Uniform
from pipeline.metrics import completion
from reference.metrics import completion as oracle

SEEDS = st.integers(0, 2**32 - 1)


def problem(seed, n=5, d=6):
    rng = np.random.default_rng(seed)
    root, mask = rng.standard_normal((d, d)), rng.integers(0, 2, (n, d))
    mask[0] = 0  # nothing known
    return rng.standard_normal(d), root @ root.T + np.eye(d) / 9, rng.random((n, d)), mask, rng


@given(SEEDS)
def test_the_conditional(seed):
    mean, covariance, x, mask, _ = problem(seed)
    ours = completion.conditional(
        *map(torch.from_numpy, (mean, covariance, x)), torch.from_numpy(mask).double()
    )
    known = oracle.conditional(mean, covariance, x, mask)
    for value, expected in zip(ours, known, strict=True):
        assert_allclose(value, expected, rtol=1e-7, atol=1e-9)
    assert_allclose(known[0][mask == 1], x[mask == 1])
    assert_allclose(known[1][0], np.diag(covariance))


@given(SEEDS)
def test_error_and_spread(seed):
    _, _, mean, _, rng = problem(seed)
    draws, variance = rng.standard_normal((7, 5, 6)), rng.random((5, 6))
    ours = [torch.from_numpy(a) for a in (draws, mean, variance)]
    assert_allclose(completion.mean_error(*ours), oracle.mean_error(draws, mean, variance))
    assert_allclose(completion.spread(ours[0], ours[2]), oracle.spread(draws, variance))


DATA = DataSet(features=6, latent=3, test=400)
COVARIANCE = DATA.loadings @ DATA.loadings.T + np.eye(6)


class Three:
    """Draws of the conditional, its mean, and draws of the whole distribution, by replica."""

    def completion_noise(self):
        return {"z": Normal((6,))}

    def mask_noise(self):
        return {"known": Uniform((6,))}

    def mask(self, noise):
        return (noise["known"] < 0.5).float()

    def complete(self, kind, x, mask, noise):
        e = noise["z"].double()
        root = torch.linalg.cholesky(torch.from_numpy(COVARIANCE))
        if kind == 2:
            return torch.where(mask == 1, x.double(), 1 + e @ root.T)
        made = []
        for point, known, own in zip(x.double(), mask, e, strict=True):
            c, r = torch.from_numpy(COVARIANCE), known == 1
            gain = c[~r][:, r] @ torch.linalg.inv(c[r][:, r])
            lower = torch.linalg.cholesky(c[~r][:, ~r] - gain @ c[r][:, ~r])
            rest = 1 + gain @ (point[r] - 1) + (kind == 0) * lower @ own[~r]
            made.append(point.masked_scatter(~r, rest))
        return torch.stack(made)


def test_who_draws_the_conditional_who_its_mean_and_who_something_else(monkeypatch):
    """True draws: 1/64 and 1. The mean: 0 and 0. What heeds nothing: far off, and too wide."""
    monkeypatch.setattr(completion, "SAMPLES", 40)
    x = DATA.sample(40, np.random.default_rng(0))[0]

    def noise(distributions, count, stream, block):
        rng = torch.Generator().manual_seed(block)
        return {"z": torch.randn(3, *count, 6, generator=rng)}

    def each(f, noise):
        return torch.stack([f(kind, {"z": noise["z"][kind]}) for kind in range(3)])

    run = SimpleNamespace(
        model=Three(),
        dataset=DATA,
        test={"x": torch.from_numpy(x)},
        ensemble=SimpleNamespace(noise=noise, each=each),
    )
    found = completion.measure(run)
    true, mean, other = found["mean"].values
    assert true == pytest.approx(1 / 64, rel=0.5)
    assert mean < 1e-10
    assert other > 0.3
    true, mean, other = found["spread"].values
    assert true == pytest.approx(1, abs=0.15)
    assert mean < 1e-10
    assert other > 1.3
