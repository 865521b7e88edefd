"""One picture shows every seed, in its place, and is small."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from pipeline import datasets
from pipeline.page import sprites
from pipeline.page.inputs import Finished
from tests.results import made


def run(samples, shape):
    record = made.record(range(200, 200 + len(samples)))
    data = made.schema.Data(name="x", digest="d" * 64, shape=list(shape))
    record = made.replace(record, data=data)
    return Finished("a", record, made.measured(record, {}), {}, np.asarray(samples, np.float32))


def picture(sprite):
    address = sprite.address.removeprefix("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(address))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def cells(sprite):
    pixels = picture(sprite)
    assert pixels.shape[:2] == (sprite.height * len(sprite.names), sprite.width)
    return np.split(pixels, len(sprite.names))


@pytest.mark.parametrize(("seeds", "shape"), [(10, (8, 8)), (40, (8, 8)), (10, (28, 28))])
def test_no_sprite_is_larger_than_it_may_be_and_none_leaves_a_seed_out(seeds, shape):
    """Noise compresses worst of all."""
    noise = np.random.default_rng(0).uniform(-1, 1, (seeds, 64, np.prod(shape)))
    found = sprites.sprite(run(noise, shape), noise[0], None)
    assert len(base64.b64decode(found.address.partition(",")[2])) <= sprites.BYTES
    assert found.names == ["", *map(str, range(200, 200 + seeds))]
    assert len(cells(found)) == seeds + 1
    assert found.shown >= 1


def test_each_seed_is_in_its_place_in_the_order_in_which_it_was_drawn():
    x = np.full((2, 10, 64), -1.0)
    x[1, 6] = 1.0  # the seventh image of the second seed: second row, second column
    blank, first, second = cells(sprites.sprite(run(x, (8, 8)), np.full((10, 64), -1.0), None))
    assert (blank == first).all()
    dark = np.argwhere((second == 0).all(-1))
    assert (dark.min(0).tolist(), dark.max(0).tolist()) == ([9, 9], [16, 16])


def test_points_of_the_plane_and_rings_around_the_modes():
    ring = datasets.build("ring", {})
    real = np.asarray(ring.means, np.float32)
    x = np.zeros((1, 5, 2))
    x[0, 1:] = [[1.0, 0.0], [1.0, 0.0], [50.0, 0.0], [np.nan, 0.0]]
    true, found = cells(sprites.sprite(run(x, (2,)), real, ring))
    inked = {tuple(colour): (found == colour).all(-1).sum() for colour in sprites.INK[1:]}
    assert list(inked.values()) == [1, 1, 0]  # one point at 0, two at (1, 0), others outside
    assert (true == sprites.RING).all(-1).sum() > 8 * 8


def test_a_histogram_is_filled_under_the_density():
    line = datasets.build("gaussian_1d", {})
    real, _ = line.sample(3000, np.random.default_rng(0))
    true, empty = cells(sprites.sprite(run(np.full((1, 3000, 1), 99.0), (1,)), real, line))
    area = (true == sprites.INK[1]).all(-1).sum()
    assert area > 200
    assert (empty == sprites.INK[1]).all(-1).sum() == 0
    assert (empty == sprites.RING).all(-1).any(0).all()  # the density, over the whole width


def test_what_draws_nothing_has_no_sprite():
    assert sprites.sprite(run(np.zeros((3, 0, 2)), (2,)), np.zeros((5, 2)), None) is None
