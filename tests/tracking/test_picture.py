"""The picture of a run has the samples of each replica in its own tile, and their numbers."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pipeline.results import schema
from pipeline.results.files import write_npz
from pipeline.tracking import picture as pictures
from tests.results import made

DOT, BINS, EDGE = pictures.DOT, pictures.BINS, 2  # pixels of a cell, cells, pixels of a frame


def drawn(folder, x, shape):
    write_npz(folder / "samples.npz", {"x": x.astype(np.float32)})
    data = schema.Data(name="ring", digest="d" * 64, shape=shape)
    return pictures.picture(folder, made.record(range(len(x)), data=data))


def tiles(image, rows, columns):
    """The tiles of a sheet without their frames, (rows, columns, height, width)."""
    parts = [np.hsplit(row, columns) for row in np.vsplit(image, rows)]
    inner = [[part[EDGE:-EDGE, EDGE:-EDGE] for part in row] for row in parts]
    frames = [part[:EDGE] for row in parts for part in row]
    assert {int(v) for frame in frames for v in frame.flat} <= {200, 255}
    return np.array(inner)


@pytest.mark.parametrize("count", [3, 20])
def test_images_stand_in_a_row_a_replica_as_they_were_drawn(count, tmp_path):
    """Twelve at most, -1 black and 1 white; 56 pixels high, or nearly."""
    x = np.random.default_rng(0).uniform(-1.2, 1.2, (2, count, 6))
    across, size = min(count, 12), 56 // 2
    found = tiles(drawn(tmp_path, x, [2, 3]), 2, across)
    assert found.shape == (2, across, 2 * size, 3 * size)
    for r in range(2):
        for i in range(across):
            image = x[r, i].astype(np.float32).astype(float).reshape(2, 3)
            grey = (127.5 * (np.clip(image, -1, 1) + 1)).astype(np.uint8)
            assert_array_equal(found[r, i], grey.repeat(size, 0).repeat(size, 1))


def test_a_histogram_stands_over_its_points(tmp_path):
    """Cell by cell: the fullest has 60 of 64 cells, the others their share of that, to a cell."""
    x = np.random.default_rng(0).normal(size=(3, 400, 1))
    found = tiles(drawn(tmp_path, x, [1]), 1, 3)[0]
    low, high = np.percentile(x, [0.5, 99.5])
    edges = np.linspace(low - 0.15 * (high - low), high + 0.15 * (high - low), BINS + 1)
    for replica, tile in zip(x, found, strict=True):
        dark = tile[::DOT, ::DOT] == 60
        assert_array_equal(tile, np.where(dark, 60, 255).repeat(DOT, 0).repeat(DOT, 1))
        counts = np.array([((replica > a) & (replica <= b)).sum() for a, b in pairwise(edges)])
        heights = dark.sum(0)
        assert heights.max() == 60
        assert np.abs(heights - 60 * counts / counts.max()).max() <= 2
        assert dark[-1].sum() == (heights > 0).sum()  # from the floor upwards


def test_points_of_the_plane_are_dark_where_they_fall_and_darkest_where_most_do(tmp_path):
    """A corner has one point, the opposite nine: 170 - 170 / 3 and 0. Up is the second axis."""
    replica = np.array([[-1.0, 1.0]] + [[1.0, -1.0]] * 9)
    other = -replica
    first, second, *blank = tiles(drawn(tmp_path, np.stack([replica, other]), [2]), 1, 2)[0]
    for tile, sign in ((first, 1), (second, -1)):
        cells = tile[::DOT, ::DOT]
        rows, columns = np.nonzero(cells < 255)
        assert len(rows) == 2
        upper, lower = np.argmin(rows), np.argmax(rows)
        left_above = columns[upper] < columns[lower]
        assert left_above
        grey = [int(cells[rows[i], columns[i]]) for i in (upper, lower)]
        assert grey == ([113, 0] if sign == 1 else [0, 113])
    assert not blank
