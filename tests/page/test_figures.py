"""The PNG of images has them as they are: square pixels, one scale, and room for every name."""

import numpy as np
import pytest

from pipeline.page import figures, samples


@pytest.fixture
def scale(monkeypatch):
    """The inches of a pixel of images, across and down, and those left of them."""
    monkeypatch.setattr(figures, "png", lambda figure: figure)

    def measured(count, rows=("a",), shape=(4, 6), title=""):
        x = np.zeros((count, shape[0] * shape[1]))
        figure = figures._images_png([(name, x) for name in rows], title, shape)
        (axes,) = figure.axes
        down, across = axes.images[0].get_array().shape
        assert (down, across) == (len(rows) * (shape[0] + 2) - 2, count * (shape[1] + 1) - 1)
        width, height = figure.get_size_inches()
        place = axes.get_position()
        return place.width * width / across, place.height * height / down, place.x0 * width

    return measured


@pytest.mark.parametrize("count", [1, 7, 20, 50])
@pytest.mark.parametrize("rows", [1, 11])
def test_a_pixel_is_square(scale, count, rows):
    across, down, _ = scale(count, ["a"] * rows)
    assert across == pytest.approx(down)


def test_up_to_two_strips_have_one_scale_and_more_fit_the_same_width(scale):
    few, half, whole, more = (scale(n)[0] for n in (5, samples.ROW, 2 * samples.ROW, 50))
    assert few == pytest.approx(whole, rel=0.01)
    assert half == pytest.approx(whole, rel=0.01)
    assert more * (50 * 7) == pytest.approx(whole * (20 * 7), rel=0.01)


def test_a_long_name_and_a_long_title_have_room(scale):
    """Of nine points, about a fifteenth of an inch a letter; a short name wastes no inch."""
    assert scale(20, ["a" * 40])[2] > 40 / 16
    assert scale(20)[2] < 1
    assert scale(2, title="a" * 80)[0] * 2 * 7 > 80 / 15
