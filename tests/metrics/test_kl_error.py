"""The standard error of an estimated KL is the oracle's, and equals the spread of estimates."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import elbo, frozen, kl_error
from pipeline.models import vae, vamp_vae
from reference.errors import DomainError
from reference.metrics import kl_error as oracle

DRAWS = st.tuples(st.integers(2, 6), st.integers(1, 5))


@given(arrays(float, DRAWS, elements=st.floats(-1e3, 1e3)))
def test_value(draws):
    """The mean over draws loses 1e-16 of the largest draw, which a spread as small feels."""
    ours = kl_error.standard_error(torch.from_numpy(draws))
    assert_allclose(ours, oracle.standard_error(draws), rtol=1e-12, atol=1e-12)


def test_one_draw_is_refused():
    with pytest.raises(DomainError):
        oracle.standard_error([[1.0, 2.0]])


def test_it_is_how_far_estimates_lie_apart():
    """Of 2,000 estimates of one mean, the standard deviation: 1/sqrt(4000) of it, 4.5 times,
    is their own error, and the mean of the estimated errors is below by 1/(4 S N)."""
    k = np.random.default_rng(0).normal(0, [1.0, 3.0, 0.2], (2000, 16, 3))
    apart = k.mean((1, 2)).std()
    told = np.mean([oracle.standard_error(draws) for draws in k])
    assert abs(told / apart - 1) < 4.5 / np.sqrt(4000) + 1 / 48


def run(model):
    x = torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return SimpleNamespace(
        ensemble=Ensemble(model, [0, 1]), model=model, test={"x": x}, train={"x": x}, dataset=None
    )


SMALL = {"features": 3, "latent": 2, "width": 4, "likelihood": "bernoulli"}


def test_a_closed_form_has_no_error():
    """All draws are alike, but for the last bit of a product in another order."""
    assert max(kl_error.measure(run(vae.Model(**SMALL)))["standard_error"].values) < 1e-8


def test_it_stands_beside_the_kl_of_the_bound():
    """One pseudo-input makes the prior a Gaussian: the KL has a closed form, and the drawn one
    is within 4.5 standard errors of it, in each replica."""
    trained = run(vamp_vae.Model(**SMALL, pseudo_inputs=1))
    model, x = trained.model, trained.test["x"]
    seen = model.observed(x, frozen(model, x))

    def exact(net):
        (m, v), (prior, w) = model.encode(net, seen), vamp_vae.mixture(model, net)
        scaled = (m - prior).square() * (-w).exp() + (v - w).expm1() - (v - w)
        return scaled.sum(-1).mean() / 2

    known = trained.ensemble.each(exact).numpy()
    drawn = np.array(elbo.measure(trained)["kl"].values)
    error = np.array(kl_error.measure(trained)["standard_error"].values)
    assert (error > 0).all()
    assert (np.abs(drawn - known) < 4.5 * error).all()
