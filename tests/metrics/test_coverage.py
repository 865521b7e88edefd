"""The Torch coverage of modes is the oracle's, and finds what was planted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.datasets import grid, ring
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
    assert coverage.modes_hit(*ours, scale) == oracle.modes_hit(x, means, scale)
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
    assert coverage.modes_hit(x, means, 0.01) == len(modes)
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


@given(points(width=2, bound=3.0), points(width=2, bound=3.0), st.floats(0.01, 2))
def test_cells(x, means, scale):
    ours = coverage.cell_histogram(torch.from_numpy(x), torch.from_numpy(means), scale)
    assert_allclose(ours, oracle.cell_histogram(x, means, scale))
    assert ours.sum() == len(x)
    assert_allclose(ours.reshape(len(means), -1).sum(1), oracle.mode_histogram(x, means))


@given(st.integers(1, 30), st.integers(1, 6))
def test_shares_of_cells(modes, features):
    ours = coverage.cell_shares(modes, features)
    assert_allclose(ours, oracle.cell_shares(modes, features), rtol=1e-10)
    assert_allclose(ours.sum(), 1.0, rtol=1e-12)


@given(positive_simplex(size=5), arrays(float, 5, elements=st.integers(0, 50).map(float)))
def test_divergence_and_lost(shares, counts):
    counts[0] += 1
    ours = [torch.from_numpy(array) for array in (counts, shares)]
    known = oracle.jensen_shannon(counts, shares)
    assert_allclose(coverage.jensen_shannon(*ours), known, rtol=1e-9, atol=1e-15)
    assert coverage.modes_lost(*ours) == oracle.modes_lost(counts, shares)


@given(points(width=2, min_rows=2, bound=3.0), points(width=2, min_rows=2, bound=3.0))
def test_energy_distance(x, y):
    ours = coverage.energy_distance(torch.from_numpy(x), torch.from_numpy(y))
    assert_allclose(ours, oracle.energy_distance(x, y), rtol=1e-9, atol=1e-7)


def test_a_mode_is_lost_below_a_quarter_of_its_share():
    """At a quarter it is not, and a single sample keeps none."""
    shares = torch.full((4,), 0.25, dtype=torch.float64)
    counts = torch.tensor([25.0, 24.0, 1.0, 350.0], dtype=torch.float64)
    assert coverage.modes_lost(counts, shares) == 2


@pytest.mark.parametrize(
    "dataset",
    [
        pytest.param(ring.DataSet(), id="ring"),
        pytest.param(grid.DataSet(), id="grid", marks=pytest.mark.each),
    ],
)
def test_the_floors_of_true_samples(dataset):
    """Means over 400 samples of 2,500: the reference, and (C - 1) / 8n to 10 %; |z| < 4.5.

    The energy distance of true samples is 0 on average, here of 40 pairs.
    """
    rng, means = np.random.default_rng(0), torch.from_numpy(dataset.means)
    shares = coverage.cell_shares(len(means), 2)
    drawn = [torch.from_numpy(dataset.sample(2500, rng)[0]).double() for _ in range(400)]
    counts = [coverage.cell_histogram(x, means, dataset.scale) for x in drawn]
    found = torch.stack([coverage.jensen_shannon(c, shares) for c in counts])
    floor = coverage.floor(len(means), 2)
    assert abs(found.mean() - floor) < 4.5 * found.std() / 400**0.5
    assert_allclose(floor, (len(shares) - 1) / 20_000, rtol=0.1)
    uniform = torch.full((len(means),), 1 / len(means), dtype=torch.float64)
    assert not any(
        coverage.modes_lost(coverage.mode_histogram(x, means), uniform) for x in drawn[:40]
    )
    pairs = zip(drawn[:40], drawn[40:80], strict=True)
    energy = torch.stack([coverage.energy_distance(x, y) for x, y in pairs])
    assert abs(energy.mean()) < 4.5 * energy.std() / 40**0.5


def test_what_each_statistic_sees():
    """True samples, uniform noise, modes of half the width, one mode of eight lost.

    Noise loses no mode and hits most: only the good share, the width, the divergence and the
    energy distance see it. The divergence sees all three, the energy distance no width of .01.
    """
    rng, truth = np.random.default_rng(0), ring.DataSet()
    true = np.stack([truth.sample(2500, rng)[0] for _ in range(4)]).astype(float)
    near = truth.means[rng.integers(8, size=2500)]
    samples = {
        "true": true,
        "noise": rng.uniform(-1.2, 1.2, (4, 2500, 2)),
        "narrow": (near + 0.005 * rng.standard_normal((4, 2500, 2))),
        "lost": np.where(true[..., :1] > 0.9, -true, true),
    }
    found = {name: coverage.measure(_run(truth, x)) for name, x in samples.items()}

    def values(name, key):
        return found[name][key].values

    assert [max(values(name, "lost")) for name in samples] == [0, 0, 0, 1]
    assert values("lost", "no_mode_lost") == [0.0] * 4
    assert values("noise", "no_mode_lost") == [1.0] * 4
    assert min(values("noise", "modes_hit")) >= 4
    assert max(values("noise", "good_share")) < 0.02
    assert [values(name, "modes_kept") for name in samples] == [[8] * 4, [0] * 4, [8] * 4, [7] * 4]
    for key, seen in (
        ("divergence", ("noise", "narrow", "lost")),
        ("energy_distance", ("noise", "lost")),
    ):
        for name in seen:
            assert min(values(name, key)) > max(values("true", key)), (key, name)
    assert found["true"]["energy_distance"].reference == 0
    assert "divergence_by_round" not in found["true"]


def test_it_is_followed_by_round():
    """At the first snapshot noise, at the second true samples."""
    rng, truth = np.random.default_rng(0), ring.DataSet()
    parts = [
        rng.uniform(-1.2, 1.2, (2, 2500, 2)),
        np.stack([truth.sample(2500, rng)[0] for _ in range(2)]),
    ]
    run = _run(truth, parts[1])
    run.snapshots, run.at = [0, 100], lambda i: _run(truth, parts[i])
    found = coverage.measure(run)
    for key in ("divergence", "good_share"):
        series = found[f"{key}_by_round"]
        assert series.rounds == [0, 100]
        assert [row[1] for row in series.values] == found[key].values
        (first, last), other = series.values
        assert first != last
        assert len(other) == 2


def _run(dataset, x):
    drawn = torch.from_numpy(np.asarray(x, np.float32))
    return SimpleNamespace(
        dataset=dataset,
        seeds=range(len(drawn)),
        snapshots=[],
        sample=lambda count: drawn[:, :count],
    )
