"""Samples are shown without selection, and no outlier is hidden."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from pipeline import datasets
from pipeline.page import samples


def test_tiles_are_the_images_in_order():
    x = np.full((3, 4), -1.0)
    x[1] = [1, 1, 0, 0]
    strip = samples.tiles(x, (2, 2))
    assert strip.shape == (2, 8, 2)
    assert strip[:, 3:5, 0].tolist() == [[0, 0], [127, 127]]
    assert (strip[:, [0, 1, 2, 5, 6, 7], 0] == 255).all()
    assert strip[0, :, 1].tolist() == [255, 255, 0, 255, 255, 0, 255, 255]


def test_images_that_are_not_numbers_do_not_break_the_page():
    x = np.array([[np.nan, np.inf, -np.inf, 9.0]])
    assert samples.tiles(x, (2, 2))[..., 0].tolist() == [[127, 0], [255, 0]]


def test_a_histogram_is_a_density_of_the_whole_sample():
    """What lies outside the frame is missing from the area under it."""
    x = np.array([[0.1], [0.2], [0.9], [5.0], [np.nan]])
    edges, heights = samples.histogram(x[:, 0], 0.0, 1.0)
    assert_allclose((heights * np.diff(edges)).sum(), 3 / 5)


def test_true_samples_follow_the_exact_density():
    """600 of 30,000 fall in a bin of width 1/30 at the mode: an error of 4 % of the peak."""
    dataset = datasets.build("gaussian_1d", {})
    x, _ = dataset.sample(30_000, np.random.default_rng(0))
    grid, density = samples.exact(dataset, -1.0, 3.0)
    edges, heights = samples.histogram(x[:, 0], -1.0, 3.0)
    middles = (edges[1:] + edges[:-1]) / 2
    assert_allclose(heights, np.interp(middles, grid, density), atol=0.2 * density.max())
    assert_allclose(np.trapezoid(density, grid), 1, atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "kind"), [((8, 8), "image"), ((1,), "line"), ((2,), "plane"), ((64,), "none")]
)
def test_kind(shape, kind):
    assert samples.kind(shape) == kind


def test_endless_throws_of_a_die_are_its_distribution():
    """The heights over the faces are the distribution over a bin's width, and all else is zero."""
    die = datasets.build("dice", {"odds": [1, 2, 3]})
    grid, density = samples.exact(die, -1.4, 1.4)
    width = grid[1] - grid[0]
    assert density[density > 0] * width == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert np.abs(grid[density > 0] - [-1, 0, 1]).max() <= 0.51 * width


def panel(x, dataset, low, high):
    axes = Figure().add_subplot()
    samples.draw(axes, x, dataset, low, high)
    assert axes.get_xlim() == (low, high)
    return axes


def test_a_panel_of_the_plane_has_every_point_and_a_ring_around_every_mean():
    ring = datasets.build("ring", {})
    x = np.random.default_rng(0).normal(size=(30, 2))
    axes = panel(x, ring, -3.0, 3.0)
    rings, points = axes.collections
    assert_allclose(rings.get_offsets(), ring.means)
    assert_allclose(points.get_offsets(), x)
    assert axes.get_ylim() == (-3.0, 3.0)


def test_a_panel_of_the_line_has_the_histogram_under_the_density():
    dataset = datasets.build("gaussian_1d", {})
    x, _ = dataset.sample(500, np.random.default_rng(0))
    axes = panel(x, dataset, -1.0, 3.0)
    (bars,), (line,) = axes.patches, axes.lines
    edges, heights = samples.histogram(x[:, 0], -1.0, 3.0)
    assert_allclose(bars.get_data().values, heights)
    assert_allclose(bars.get_data().edges, edges)
    assert_allclose(line.get_xydata().T, samples.exact(dataset, -1.0, 3.0))
    assert axes.get_ylim()[1] > line.get_ydata().max()
