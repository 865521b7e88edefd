"""The atlas has each training once, with the counts and the samples of each of its seeds."""

import base64
import io

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

from pipeline.page.hands_on import atlas
from pipeline.page.inputs import Finished
from pipeline.results import schema
from tests.results import made

SEEDS = [7, 3, 5]
SHARES = [[0.5, 0.5, 0.0], [0.123456, 0.2, None], [1.0, 0.0, 0.0]]


def run(name, fingerprint, samples, shape, counted=(2.0, 3.0, 1.0), data="ring"):
    about = schema.Data(name=data, digest="d" * 64, shape=shape)
    record = made.record(SEEDS, fingerprint=fingerprint, data=about)
    modes = schema.Histogram("modes", ["a", "b", "c"], SHARES, [1 / 3] * 3, "")
    found = {"coverage.modes": made.metric(counted)}
    measured = made.measured(record, found, histograms={"coverage.by_mode": modes})
    return Finished(name, record, measured, {}, samples)


def points(count=4):
    return np.random.default_rng(0).normal(size=(3, count, 2))


def test_each_training_has_a_row_of_its_own_seeds_and_counts():
    """One that two experiments share has one; one without samples, or a count a seed, none."""
    study = {
        "one": [run("a", "x", points(), [2]), run("b", "y", points(0), [2])],
        "two": [run("a", "x", points(), [2]), run("c", "z", points(), [2], data="grid")],
        "three": [run("d", "w", points(), [2], counted=[2.0])],
    }
    rows, shown = atlas.games(study, lambda experiment, name: f"{experiment}: {name}")
    assert [row["name"] for row in rows] == ["two/c", "one/a"]  # by the names of the data
    assert [row["title"] for row in rows] == ["two: c", "one: a"]
    for row in rows:
        assert row["cells"] == [(7, 2.0), (3, 3.0), (5, 1.0)]
        assert (row["of"], row["latent"]) == (3, 2)
        game = shown[row["game"]]
        assert game["seeds"] == SEEDS
        assert game["shares"] == [[0.5, 0.5, 0.0], [0.1235, 0.2, 0], [1.0, 0.0, 0.0]]
        assert game["reference"] == [0.3333] * 3
    assert len({row["game"] for row in rows}) == len(shown) == 2


def test_the_points_of_each_seed_are_its_first_samples():
    """To the 127th part of the reach, a tenth above all but 0.5 % of the coordinates."""
    x = points(400)
    _, (game,) = atlas.games({"e": [run("a", "x", x, [2])]}, lambda *_: "")
    reach = 1.1 * np.quantile(np.abs(x), 0.995)
    for seed, text in zip(x, game["points"], strict=True):
        found = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 2)
        assert len(found) == atlas.POINTS
        known = seed[: atlas.POINTS].clip(-reach, reach)
        assert_allclose((found - 128.0) / 127 * reach, known, atol=0.51 * reach / 127)


@pytest.mark.parametrize("count", [2, 30])
def test_the_images_of_each_seed_are_a_row_of_its_first_samples(count):
    """To one of sixteen greys; what is not a number is grey."""
    x = np.random.default_rng(0).uniform(-1, 1, (3, count, 6))
    x[1, 1, 0] = np.nan
    _, (game,) = atlas.games({"e": [run("a", "x", x, [2, 3])]}, lambda *_: "")
    columns = min(count, atlas.IMAGES)
    assert game["columns"] == columns
    content = base64.b64decode(game["sprite"].partition(",")[2])
    sheet = np.asarray(Image.open(io.BytesIO(content)), float)
    assert sheet.shape == (3 * 2, columns * 3)
    for r in range(3):
        for i in range(columns):
            tile = sheet[2 * r : 2 * r + 2, 3 * i : 3 * i + 3]
            known = np.nan_to_num(x[r, i]).reshape(2, 3)
            assert_allclose(tile / 127.5 - 1, known, atol=0.51 * 2 / 15)


def test_what_is_neither_an_image_nor_of_the_plane_has_no_row():
    assert atlas.games({"e": [run("a", "x", np.zeros((3, 4, 1)), [1])]}, lambda *_: "") == ([], [])
