"""The importance-sampled likelihood is the oracle's, and exact where there is a closed form."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.datasets import linear_gaussian
from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import elbo, nll
from pipeline.models import vae
from reference.metrics import nll as oracle
from reference.theory.linear_gaussian import linear_gaussian_loglik, linear_gaussian_posterior
from tests.strategies import logit_rows


@given(logit_rows(bound=745.13, max_width=8))
def test_value(log_weights):
    ours = nll.nll(torch.from_numpy(log_weights))
    slack = 1e-14 * (np.abs(log_weights).max() + 1)
    assert_allclose(ours, oracle.nll(log_weights), rtol=1e-14, atol=slack)


def test_it_is_a_negative_logarithm_and_averages_examples_not_draws():
    """p = e^-80 and e^-90 give 85; weights 1 and 3 of one example give -log 2."""
    assert nll.nll(torch.tensor([[-80.0], [-90.0]])) == 85
    one = nll.nll(torch.tensor([[0.0, math.log(3)]], dtype=torch.float64))
    assert_allclose(one, -math.log(2), rtol=1e-15)


@given(logit_rows(bound=745.13, max_width=8, min_width=2))
def test_standard_error(log_weights):
    """Weights relative to the largest are rounded by 1e-13 of themselves at logarithms of 700."""
    ours = nll.standard_error(torch.from_numpy(log_weights))
    assert_allclose(ours, oracle.standard_error(log_weights), rtol=1e-10, atol=1e-13)


def exact_run(draws, slack=0.0):
    """A linear VAE that is the density of its data, with the posterior, or one wider by slack."""
    data = linear_gaussian.DataSet(train=10, validation=10, test=200)
    W, b = data.loadings, data.offset
    model = vae.Model(8, 3, 1, "gaussian", depth=0)
    ensemble = Ensemble(model, [0, 1])
    mean, cov = linear_gaussian_posterior(np.eye(8), W, np.zeros(8), 1.0)
    known = {
        "decoder": {"0.weight": W, "0.bias": b},
        "encoder": {
            "0.weight": np.concatenate([mean.T, np.zeros((3, 8))]),
            "0.bias": np.concatenate([-mean.T @ b, np.log(np.diag(cov)) + slack]),
        },
    }
    for network, tensors in known.items():
        for name, array in tensors.items():
            ensemble.state[network][name].copy_(torch.from_numpy(array))
    splits = data.splits()
    test, train = ({"x": torch.from_numpy(splits[f"{s}_x"]).double()} for s in ("test", "train"))
    run = {"model": model, "ensemble": ensemble, "dataset": data, "draws": draws}
    return SimpleNamespace(test=test, train=train, **run)


@pytest.mark.parametrize("values", [2**18, 8 * 30])
def test_with_the_posterior_every_draw_gives_the_likelihood(double, monkeypatch, values):
    """T437: the weights have no variance, so two draws are as good as any number.

    Nor does it matter whether the 200 points are measured at once or 30 at a time.
    """
    monkeypatch.setattr("pipeline.metrics.VALUES", values)
    run = exact_run(draws=2)
    x, data = run.test["x"].numpy(), run.dataset
    known = -linear_gaussian_loglik(x, data.loadings, data.offset, 1.0).mean()
    found = nll.measure(run)["estimate"]
    assert_allclose(found.values, [known, known], rtol=1e-12)
    assert found.reference == pytest.approx(known, rel=1e-12)


def test_a_wider_posterior_is_charged_by_the_bound_and_forgiven_by_more_draws(double):
    """E log p - ELBO is the KL from the posterior: 3 latents of variance e, 3/2 (e - 2) nats."""
    run = exact_run(draws=256, slack=1.0)
    found = elbo.measure(run)
    known = 1.5 * (math.e - 2)
    # log w has the variance 3 (e - 1)^2 / 2 = 4.4: over 200 x 32 draws a standard error of .03.
    assert found["shortfall"].values == pytest.approx([known, known], abs=0.15)
    likelihood = nll.measure(run)
    estimate, error = likelihood["estimate"], likelihood["error"].values
    # w / E w has the variance (e / sqrt(2 e - 1))^3 - 1 = 1.2: over 256 draws a bias of .002, and
    # over 200 points a standard error of .005.
    assert np.array(estimate.values) - estimate.reference == pytest.approx([0.0, 0.0], abs=0.03)
    assert error == pytest.approx([(1.2 / 256 / 200) ** 0.5] * 2, rel=0.1)


def test_a_run_without_a_density_is_held_to_a_decoder_that_ignores_z(double):
    """Bernoulli images: half black, half white at random, whose blind likelihood is log 2."""
    model = vae.Model(2, 1, 4, "bernoulli")
    train = {"x": torch.tensor([[-1.0, 1.0], [1.0, -1.0]])}
    run = SimpleNamespace(
        model=model,
        ensemble=Ensemble(model, [0, 1, 2]),
        train=train,
        test={"x": torch.ones(5, 2)},
        dataset=SimpleNamespace(levels=1),
        draws=256,
    )
    found = nll.measure(run)["estimate"]
    assert found.reference == pytest.approx(2 * math.log(2))
    assert len(found.values) == 3
    assert found.better == "lower"
    assert min(found.values) > 0
