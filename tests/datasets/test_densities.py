"""The toy data sets sample from the densities that they state."""

import numpy as np
import pytest
from scipy import integrate, stats

from pipeline.datasets import gaussian_1d, grid, mixture, ring

DENSITIES = [gaussian_1d.DataSet(), ring.DataSet(), grid.DataSet()]
NAMES = ["gaussian_1d", "ring", "grid"]
FEW = {"train": 200, "validation": 50, "test": 50}
each = pytest.mark.parametrize("data", DENSITIES, ids=NAMES)
# Each z below is refused past 5: by chance once in 1.7 million draws, and the seeds are fixed.
TOO_FAR = 5.0


def drawn(data, n=100_000):
    return data.sample(n, np.random.default_rng(0))


@each
def test_density_integrates_to_one(data):
    """Integrated around every mode, out to 10 widths where e^-50 of the mass is left. Between two
    modes the density is below both, which no Gaussian's is: its logarithm is concave."""
    reach, s = 10 * data.scale, data.scale
    for mean in data.means:
        if len(mean) == 1:
            mass, _ = integrate.quad(
                lambda x: np.exp(data.log_density([[x]])[0]), mean[0] - reach, mean[0] + reach
            )
        else:  # Gauss-Hermite, exact for a Gaussian times a polynomial of degree 79
            nodes, weights = np.polynomial.hermite_e.hermegauss(40)
            grid_x = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), -1).reshape(-1, 2)
            weight = np.outer(weights, weights).ravel() * np.exp((grid_x**2).sum(-1) / 2)
            mass = (np.exp(data.log_density(mean + s * grid_x)) * weight).sum() * s**2
        assert mass * len(data.means) == pytest.approx(1, rel=1e-8)
    assert len(data.means) == {1: 1, 2: len(data.means)}[data.means.shape[1]]
    for k, one in enumerate(data.means):
        for other in data.means[:k]:
            ends = data.log_density(np.stack([one, other]))
            between = data.log_density([(one + other) / 2])[0]
            is_mode = np.abs(data.means - (one + other) / 2).sum(1).min() < 1e-9
            assert is_mode or between < ends.min() - 2


@each
def test_density_is_that_of_scipy(data):
    x, _ = drawn(data, 100)
    x = np.concatenate([x, x + 0.3])  # also between the modes
    each_mode = [
        stats.multivariate_normal(m, data.scale**2).logpdf(x) - np.log(len(data.means))
        for m in data.means
    ]
    np.testing.assert_allclose(
        data.log_density(x), np.logaddexp.reduce(each_mode, axis=0), rtol=1e-9
    )


@each
def test_density_is_finite_far_away(data):
    """A density of exp(-10^10) is zero in floating point; its logarithm is a number."""
    far = np.full((1, data.features), 1e5)
    assert np.isfinite(data.log_density(far)).all()


@each
def test_samples_scatter_about_their_mode(data):
    """(x - m) / s is standard normal in every coordinate: its mean has standard error
    1 / sqrt n, its mean square, being a chi-square over n, sqrt(2 / n)."""
    x, label = drawn(data)
    unit = ((x - data.means[label]) / data.scale).ravel()
    assert abs(unit.mean()) * np.sqrt(unit.size) < TOO_FAR
    assert abs((unit**2).mean() - 1) * np.sqrt(unit.size / 2) < TOO_FAR
    assert stats.kstest(unit[::20], "norm").pvalue > 1e-6


@pytest.mark.parametrize("data", DENSITIES[1:], ids=NAMES[1:])
def test_modes_have_equal_shares(data):
    _, label = drawn(data)
    assert label.dtype == np.int64
    counts = np.bincount(label, minlength=data.classes)
    assert len(counts) == data.classes == len(data.means)
    assert stats.chisquare(counts).pvalue > 1e-6


@pytest.mark.parametrize("data", DENSITIES[1:], ids=NAMES[1:])
def test_share_within_three_widths(data):
    """In the plane the squared distance is chi-square with 2 degrees of freedom, so the share
    within 3 s is 1 - exp(-9/2) = 0.98889; a binomial share has standard error sqrt(pq / n)."""
    x, label = drawn(data)
    near = ((x - data.means[label]) ** 2).sum(1) < (3 * data.scale) ** 2
    p = 1 - np.exp(-4.5)
    assert abs(near.mean() - p) / np.sqrt(p * (1 - p) / len(x)) < TOO_FAR


def test_the_ring_has_eight_distinct_means_on_its_circle():
    means = ring.DataSet().means
    gaps = np.linalg.norm(means[:, None] - means, axis=-1)[~np.eye(8, dtype=bool)]
    assert gaps.min() == pytest.approx(2 * np.sin(np.pi / 8))
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1)
    np.testing.assert_allclose(
        ring.DataSet(modes=2, radius=3.0).means, [[3, 0], [-3, 0]], atol=1e-9
    )


def test_the_grid_is_the_lattice():
    ticks = {-4.0, -2.0, 0.0, 2.0, 4.0}
    assert {tuple(m) for m in grid.DataSet().means} == {(a, b) for a in ticks for b in ticks}


@pytest.mark.parametrize("module", [gaussian_1d, ring, grid], ids=NAMES)
def test_a_split_does_not_shift_with_the_size_of_another(module):
    few = module.DataSet(**FEW).splits()
    more = module.DataSet(**FEW | {"train": 300, "test": 60}).splits()
    np.testing.assert_array_equal(few["validation_x"], more["validation_x"])
    np.testing.assert_array_equal(few["validation_label"], more["validation_label"])
    assert more["train_x"].shape == (300, module.DataSet.features)


@pytest.mark.parametrize("module", [gaussian_1d, ring, grid], ids=NAMES)
def test_splits_are_different_draws_and_another_seed_is_another_draw(module):
    here, there = module.DataSet(**FEW).splits(), module.DataSet(**FEW, seed=1).splits()
    firsts = {arrays[f"{s}_x"][0, 0].item() for arrays in (here, there) for s in mixture.SPLITS}
    assert len(firsts) == 6


@each
def test_prepared_examples_are_single_precision(data):
    arrays = type(data)(**FEW).splits()
    assert all(arrays[f"{s}_x"].dtype == np.float32 for s in mixture.SPLITS)
