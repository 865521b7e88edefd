"""The Parzen window is the oracle's, its width comes from validation images, and it is refuted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline import metrics
from pipeline.metrics import parzen
from reference.errors import DomainError, ShapeError
from reference.metrics import parzen as oracle

PIXELS = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)


@st.composite
def images(draw):
    """Two samples of pixels in [0, 1], shape (n, d) and (m, d)."""
    n, m, d = (draw(st.integers(1, 6)) for _ in range(3))
    return draw(arrays(float, (n, d), elements=PIXELS)), draw(
        arrays(float, (m, d), elements=PIXELS)
    )


@given(images(), st.sampled_from(parzen.SIGMAS))
def test_value(pair, sigma):
    """Squares are right to ten roundings of norms up to d; then they are over 2 sigma^2."""
    found = parzen.log_density(*map(torch.from_numpy, pair), sigma)
    slack = 10 * 2.0**-52 * pair[0].shape[1] * (1 / sigma**2 + 10)
    assert_allclose(found, oracle.log_density(*pair, sigma), rtol=1e-14, atol=slack)


@given(images())
def test_the_chosen_window_is_the_oracles_or_as_good(pair):
    sigma = parzen.best_sigma(*map(torch.from_numpy, pair))
    best = oracle.best_sigma(*pair)
    scores = [oracle.log_density(*pair, s).mean() for s in (sigma, best)]
    assert_allclose(*scores, rtol=1e-11, atol=1e-11)


def test_the_oracle_refuses_what_is_no_width():
    with pytest.raises(DomainError, match="sigmas must be above 0"):
        oracle.best_sigma([[0.0]], [[0.0]], (1.0, 0.0))
    with pytest.raises(ShapeError, match="sigmas"):
        oracle.best_sigma([[0.0]], [[0.0]], ())


def test_the_widths_are_those_of_the_paper():
    assert_allclose(parzen.SIGMAS, np.logspace(-1, 0, 10))
    assert parzen.SIGMAS[0] == pytest.approx(0.1)


def test_the_best_width_of_one_window_is_the_distance_a_pixel():
    """d/ds of -d log s - r^2 / 2 s^2 is 0 at s^2 = r^2 / d."""
    centre, x = torch.zeros(1, 50).double(), torch.full((3, 50), 0.3).double()
    widths = (0.1, 0.2, 0.3, 0.4)
    assert parzen.best_sigma(x, centre, widths) == 0.3


def test_a_slice_at_a_time_changes_nothing(monkeypatch):
    x, centres = torch.rand(2, 40, 3, generator=torch.Generator().manual_seed(0)).double()
    whole, width = parzen.log_density(x, centres, 0.2), parzen.best_sigma(x, centres)
    monkeypatch.setattr(metrics, "PAIRS", 100)
    assert_allclose(parzen.log_density(x, centres, 0.2), whole, rtol=1e-13)
    assert parzen.best_sigma(x, centres) == width


@pytest.fixture
def run(monkeypatch):
    """Greys in [-1, 1] about 0. Replica 0 draws true examples, replica 1 a constant."""
    monkeypatch.setattr(parzen, "SAMPLES", 400)
    rng = torch.Generator().manual_seed(0)

    def true(n):
        return (0.3 * torch.randn(n, 20, generator=rng)).clamp(-1, 1)

    return SimpleNamespace(
        seeds=(4, 9),
        train={"x": true(300)},
        validation={"x": true(100)},
        test={"x": true(200)},
        sample=lambda count: torch.stack([true(count), torch.zeros(count, 20)]),
    )


def test_pixels_count_from_0_to_1_and_the_width_is_the_validations(run):
    """A constant is one window: its test score by hand, at the width of validation images."""
    run.validation["x"] = (1.8 * run.validation["x"]).clamp(-1, 1)
    found = parzen.measure(run)["samples"]
    greys = {s: (getattr(run, s)["x"].double() + 1) / 2 for s in ("test", "validation")}

    def score(split, s):
        square = (greys[split] - 0.5).square().sum(-1) / (2 * s**2)
        return (-square - 20 * np.log(s * np.sqrt(2 * np.pi))).mean().item()

    width, other = (
        max(parzen.SIGMAS, key=lambda s, of=of: score(of, s)) for of in ("validation", "test")
    )
    assert width > other
    assert found.values[1] == pytest.approx(score("test", width), rel=1e-10)


def test_centres_of_k_means_score_above_as_many_real_images(run):
    """The refutation: no density is better than the true one, but its images score less."""
    found = parzen.measure(run)
    assert min(found["centres"].values) > max(found["training_few"].values)
    assert found["centres"].values[0] != found["centres"].values[1]
    assert found["training_few"].values[0] != found["training_few"].values[1]
    assert "150" in found["training_few"].title
    # All 300 are fewer than 400: each seed has them all.
    assert_allclose(*found["training"].values, rtol=1e-12)
    assert found["samples"].reference == pytest.approx(found["training"].values[0], rel=1e-12)
