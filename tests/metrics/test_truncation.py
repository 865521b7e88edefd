"""Truncated latents have SciPy's distribution, and trade diversity for fidelity."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import kstest, norm, truncnorm

from pipeline.metrics import prdc, truncation
from pipeline.models import gan
from reference.errors import DomainError
from reference.metrics import truncation as oracle
from tests.metrics import lines

LATENTS = arrays(float, st.integers(1, 8), elements=st.floats(-9, 9))
BOUNDS = st.floats(1e-3, 20) | st.just(np.inf)


def ours(z, bound):
    return truncation.truncated(torch.from_numpy(np.asarray(z)), bound).numpy()


@given(LATENTS, BOUNDS)
@settings(max_examples=40)  # the oracle halves an interval 64 times
def test_values(z, bound):
    assert_allclose(ours(z, bound), oracle.truncated(z, bound), rtol=1e-12, atol=1e-15)


@given(LATENTS, BOUNDS)
def test_it_is_the_normal_distribution_on_condition(z, bound):
    """SciPy's quantiles, from the lower half where none of its digits cancel.

    All within the bound, in the order of the latents and alike on both sides; and as the bound
    grows every latent stays where it is.
    """
    z = np.sort(z)
    found = ours(z, bound)
    below = truncnorm.ppf(norm.cdf(-np.abs(z)), -bound, bound)
    assert_allclose(np.abs(found), -below, rtol=1e-9, atol=1e-12)
    assert (np.abs(found) <= bound).all()
    assert (np.abs(found) <= np.abs(z) * (1 + 1e-12) + 1e-15).all()
    assert (np.diff(found) >= -1e-15).all()
    assert (ours(-z, bound) == -found).all()
    assert_allclose(ours(z, np.inf), z, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("z", "known"), [(0.0, 0.0), (40.0, 0.5), (-40.0, -0.5)])
def test_known_quantiles(z, known):
    """The median stays the median, and the ends become the bounds."""
    assert_allclose(ours([z], 0.5), known, atol=1e-15)
    assert_allclose(oracle.truncated([z], 0.5), known, atol=1e-15)


def test_it_is_the_distribution_of_latents_that_are_drawn_until_they_fit():
    """50,000 of each, two samples of one distribution: a Kolmogorov test at p = 1e-6."""
    z = np.random.default_rng(0).standard_normal(50_000)
    again = np.random.default_rng(1).standard_normal(200_000)
    drawn = again[np.abs(again) <= 0.5][:50_000]
    assert kstest(ours(z, 0.5), drawn).pvalue > 1e-6
    assert kstest(ours(z, 0.6), drawn).pvalue < 1e-6


def test_no_precision_is_lost_in_what_the_networks_take():
    z = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    found = truncation.truncated(z, 0.5)
    assert found.dtype == torch.float32
    assert found.abs().max() <= 0.5
    torch.testing.assert_close(found, truncation.truncated(z.double(), 0.5).float())


def test_the_oracle_refuses_a_distribution_on_nothing():
    with pytest.raises(DomainError, match="bound must be above 0"):
        oracle.truncated(1.0, 0.0)


@pytest.fixture
def run():
    """Normal data, and generators G(z) = s z + m: too wide, and in place."""
    rng = torch.Generator().manual_seed(0)
    test, validation = ({"x": torch.randn(n, 2, generator=rng)} for n in (300, 200))
    model = lines.game(gan.Model, features=2)
    game = lines.run(model, [[(3.0, 0, 0, 0), (1.0, 0, 0, 0)]], test=test, validation=validation)

    def drawn(count):
        for block, n in enumerate((count // 4, count - count // 4)):
            noise = game.ensemble.noise(model.prior(), (n,), f"evaluate/{block}")
            yield noise, game.ensemble.each(model.sample, noise)

    game.drawn = drawn
    return game


def test_precision_is_won_and_recall_is_lost(run):
    """The wide generator, cut, comes down on the data; the one in place leaves their rim."""
    found = truncation.measure(run)
    precision, recall = (found[f"{n}_gain"].values for n in ("precision", "recall"))
    assert precision[0] > 0.3
    assert precision[1] > 0
    assert recall[1] < -0.3
    assert found["recall_gain"].reference == 0


def test_gains_are_over_the_samples_of_the_same_latents(run):
    found = truncation.measure(run)
    whole, cut = [], []
    for noise, x in run.drawn(200):
        whole.append(x[0])
        cut.append(3 * torch.from_numpy(ours(noise["z"][0].numpy(), truncation.BOUND)))
    scores = [
        prdc.precision_recall_knn(run.test["x"].double(), torch.cat(x).double())
        for x in (whole, cut)
    ]
    for i, name in enumerate(("precision", "recall")):
        gain = (scores[1][i] - scores[0][i]).item()
        assert_allclose(found[f"{name}_gain"].values[0], gain, atol=1e-12)
