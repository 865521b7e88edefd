"""The Torch coverage of modes is the oracle's, and finds what was planted."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import coverage, histogram
from reference.metrics import coverage as oracle
from tests.strategies import points, positive_simplex

ANGLES = 2 * np.pi * np.arange(8) / 8
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


@given(points(width=2, bound=3.0), points(width=2, bound=3.0), st.floats(0.01, 2))
def test_values(x, means, scale):
    ours = [torch.from_numpy(array) for array in (x, means)]
    assert (
        coverage.mode_histogram(*ours) == torch.from_numpy(oracle.mode_histogram(x, means))
    ).all()
    assert coverage.modes_covered(*ours, scale) == oracle.modes_covered(x, means, scale)
    assert_allclose(coverage.good_share(*ours, scale), oracle.good_share(x, means, scale))


@given(positive_simplex(size=5), arrays(float, 5, elements=st.integers(0, 50).map(float)))
def test_reverse_kl(shares, counts):
    counts[0] += 1
    ours = histogram.kl(torch.from_numpy(counts), torch.from_numpy(shares))
    assert_allclose(ours, oracle.reverse_kl(counts, shares), rtol=1e-12, atol=1e-14)


@given(st.sets(st.integers(0, 7), min_size=1))
def test_planted_modes_are_counted(modes):
    """Samples of some modes, two sigma from their means: exactly those modes are covered."""
    x = torch.from_numpy(np.repeat(RING[sorted(modes)], 3, 0)) + 0.02
    means = torch.from_numpy(RING)
    assert coverage.modes_covered(x, means, 0.01) == len(modes)
    assert coverage.good_share(x, means, 0.01) == 1
    counts = coverage.mode_histogram(x, means)
    assert {k for k, c in enumerate(counts.tolist()) if c} == modes
    uniform = torch.full((8,), 1 / 8, dtype=torch.float64)
    assert_allclose(histogram.kl(counts, uniform), np.log(8 / len(modes)), atol=1e-14)


def test_the_radius_is_three_standard_deviations():
    means = torch.zeros(1, 2, dtype=torch.float64)
    x = torch.tensor([[2.99, 0.0], [0.0, 3.01], [2.2, 2.2]], dtype=torch.float64)
    assert_allclose(coverage.good_share(x, means, 1.0), 1 / 3)


def test_true_samples_are_good_as_often_as_a_rayleigh_variable():
    """P(|x - m| <= 3 sigma) = 1 - exp(-9/2) in the plane; 100,000 draws, |z| < 4.5."""
    rng = np.random.default_rng(0)
    x = RING[rng.integers(8, size=100_000)] + 0.01 * rng.standard_normal((100_000, 2))
    share = coverage.good_share(torch.from_numpy(x), torch.from_numpy(RING), 0.01).item()
    p = 1 - np.exp(-4.5)
    assert abs(share - p) < 4.5 * np.sqrt(p * (1 - p) / len(x))


def test_the_floor_of_the_reverse_kl_on_true_samples():
    """2 n KL is chi-squared with K - 1 degrees: mean (K-1)/2n over 4,000 histograms, |z| < 4.5."""
    rng = np.random.default_rng(0)
    uniform = torch.full((8,), 1 / 8, dtype=torch.float64)
    counts = torch.from_numpy(rng.multinomial(2500, uniform, size=4000)).double()
    values = torch.vmap(histogram.kl, (0, None))(counts, uniform)
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - 7 / 5000) < 4.5 * error


@given(points(width=2, bound=3.0), points(width=2, bound=3.0), st.floats(0.01, 2))
def test_the_width_of_a_mode(x, means, scale):
    ours = coverage.mode_width(torch.from_numpy(x), torch.from_numpy(means), scale)
    assert_allclose(ours, oracle.mode_width(x, means, scale), rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("factor", [0.1, 1.0])
def test_true_samples_have_the_true_width_and_narrow_ones_theirs(factor):
    """100,000 draws: w^2 is a mean of about 2e5 squares, its standard error below .4 %.

    At a tenth of the width all are good: w = .1 / sqrt(v), v = 1 - 4.5 / (exp(4.5) - 1).
    """
    rng = np.random.default_rng(0)
    x = RING[rng.integers(8, size=100_000)] + factor * 0.01 * rng.standard_normal((100_000, 2))
    width = coverage.mode_width(torch.from_numpy(x), torch.from_numpy(RING), 0.01).item()
    known = 1.0 if factor == 1 else factor / np.sqrt(1 - 4.5 / (np.exp(4.5) - 1))
    assert_allclose(width, known, rtol=0.01)


def test_the_width_does_not_see_samples_between_modes_or_where_a_mode_is():
    """Moved all alike within its radius a mode keeps its width; bad samples do not count."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(RING[rng.integers(8, size=500)] + 0.002 * rng.standard_normal((500, 2)))
    means = torch.from_numpy(RING)
    between = torch.cat([x, torch.zeros(300, 2, dtype=x.dtype)])
    width = coverage.mode_width(x, means, 0.01)
    for other in (x + 0.01, between):
        assert_allclose(coverage.mode_width(other, means, 0.01), width, rtol=1e-10)
