"""Domains made from digits: true partners, disjoint halves, and what each alteration does."""

import hashlib

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pipeline import datasets
from pipeline.datasets import digits, domains, mnist
from pipeline.results import data as stored
from pipeline.results.files import write_npz

TWO = ("occluded", "outlines", "slanted", "thickened", "turned")
MADE = {name: datasets.build(name, {}).splits() for name in TWO}
PINNED = {
    "occluded": "65299eeb9da1e4a5",
    "outlines": "30c760d059c400a3",
    "slanted": "ce1d2ccb439a0d08",
    "thickened": "95c1d398b1ab6326",
    "turned": "20e5708ad7ef7932",
}
EVERY = pytest.mark.parametrize("name", TWO)
RNG = np.random.default_rng(0)


@EVERY
def test_the_images_are_pinned(name):
    content = b"".join(array.tobytes() for array in MADE[name].values())
    assert hashlib.sha256(content).hexdigest()[:16] == PINNED[name]


@EVERY
def test_a_partner_is_the_digit_of_the_same_split(name):
    """In the order of the source, with its label; the altered image is another one."""
    source, made = digits.DataSet().splits(), MADE[name]
    for split in datasets.SPLITS:
        assert_array_equal(made[f"{split}_partner"], source[f"{split}_x"])
        assert_array_equal(made[f"{split}_label"], source[f"{split}_label"])
        assert made[f"{split}_x"].dtype == np.uint8
        assert made[f"{split}_x"].max() <= 16
        assert (made[f"{split}_x"] != made[f"{split}_partner"]).any(1).all()


@EVERY
def test_no_image_of_one_pool_is_the_partner_of_any_in_the_other(name):
    """Together they are the training images, each class divided evenly."""
    made = MADE[name]
    a, b = domains.parts(made["train_label"], 2)
    assert_array_equal(np.sort(np.concatenate([a, b])), np.arange(1077))
    assert_array_equal(made["a_x"], made["train_x"][a])
    assert_array_equal(made["b_x"], made["train_partner"][b])
    known = {image.tobytes() for image in made["train_partner"][a]}
    assert not known & {image.tobytes() for image in made["b_x"]}
    counts = [np.bincount(made[f"{pool}_label"]) for pool in ("a", "b")]
    assert abs(counts[0] - counts[1]).max() <= 1
    assert_array_equal(made["b_label"], made["train_label"][b])


@EVERY
def test_it_is_loaded_whole(name, tmp_path):
    """Partners and pools as inputs of a network, in [-1, 1]."""
    write_npz(tmp_path / f"{name}.npz", MADE[name])
    loaded = stored.load(name, {}, tmp_path)
    for pool in ("a", "b", "test"):
        assert (loaded[pool]["x"].min(), loaded[pool]["x"].max()) == (-1, 1)
    assert_array_equal((loaded["test"]["partner"] + 1) * 8, MADE[name]["test_partner"])
    others = {"x", "partner", "label"} ^ loaded["test"].keys()
    assert others == ({f"domain{k}" for k in range(4)} if name == "turned" else set())


@EVERY
def test_mnist_and_a_part_of_it(name, monkeypatch):
    source = {
        f"{split}_{array}": values
        for split, n in (("train", 41), ("validation", 20), ("test", 30))
        for array, values in (
            ("x", RNG.integers(0, 256, (n, 784)).astype(np.uint8)),
            ("label", RNG.integers(10, size=n)),
        )
    }
    monkeypatch.setattr(mnist.DataSet, "splits", lambda self: source)
    dataset = datasets.build(name, {"of": "mnist", "train": 31})
    made = dataset.splits()
    assert (dataset.shape, dataset.features, dataset.levels) == ((28, 28), 784, 255)
    assert made["train_x"].shape == made["train_partner"].shape == (31, 784)
    assert len(made["a_x"]) + len(made["b_x"]) == 31
    assert made["test_x"].max() > 200


def altered(name, image, **fields):
    """One image of small integers, altered."""
    dataset, rng = datasets.build(name, fields), np.random.default_rng(0)
    return dataset.altered(np.array(image, np.uint8)[None], rng)[0]


def dot(at, size=8):
    image = np.zeros((size, size), np.uint8)
    image[at] = 16
    return image


def test_the_outline_of_a_dot_is_its_four_neighbours():
    """And of a surface there is none; nothing comes in over the border."""
    known = sum(dot(at) for at in ((2, 4), (4, 4), (3, 3), (3, 5)))
    assert_array_equal(altered("outlines", dot((3, 4))), known)
    assert not altered("outlines", np.full((8, 8), 9)).any()
    assert_array_equal(altered("outlines", dot((0, 0))), dot((0, 1)) + dot((1, 0)))


def test_a_stroke_becomes_thicker_by_a_pixel():
    """To the left and upwards of none: a dot becomes a square of two by two, then three."""
    for times in (1, 2):
        known = np.zeros((8, 8))
        known[3 : 4 + times, 4 : 5 + times] = 16
        assert_array_equal(altered("thickened", dot((3, 4)), times=times), known)


def test_a_slant_moves_rows_apart():
    """By s pixels a row, to the right above the middle: of whole pixels exactly."""
    image = np.zeros((9, 9), np.uint8)
    image[:, 4] = 16
    assert_allclose(altered("slanted", image, slant=1.0), 16 * np.eye(9)[::-1], atol=1e-12)
    half = altered("slanted", image, slant=0.5)
    assert_allclose(half[3, 4:6], [8, 8], atol=1e-12)
    assert_allclose(altered("slanted", image, slant=0.0), image, atol=1e-12)


def test_a_hole_and_noise():
    """A square of 3 x 3 in each image at any of 36 places; the noise elsewhere of its size."""
    dataset = datasets.build("occluded", {"noise": 0.1})
    y = np.full((4000, 8, 8), 8, np.uint8)
    x = dataset.altered(y, np.random.default_rng(1))
    dark = x == 0
    assert (dark.sum((1, 2)) == 9).all()
    rows, columns = dark.any(2), dark.any(1)
    assert (rows.sum(1) == 3).all()
    assert (columns.sum(1) == 3).all()
    places = rows.argmax(1) * 6 + columns.argmax(1)
    counts = np.bincount(places, minlength=36)
    assert len(counts) == 36
    assert abs(counts - 4000 / 36).max() < 5 * np.sqrt(4000 / 36)
    assert_allclose(x[~dark].mean(), 8, atol=0.02)
    assert_allclose(x[~dark].std(), 1.6, rtol=0.01)
    unhurt = datasets.build("occluded", {"noise": 0.0, "hole": 0.0})
    assert_array_equal(unhurt.altered(y[:3], np.random.default_rng(0)), y[:3])


def test_four_quarter_turns_are_none():
    made = MADE["turned"]
    for split in datasets.SPLITS:
        turns = [made[f"{split}_domain{k}"].reshape(-1, 8, 8) for k in range(4)]
        for k in range(4):
            assert_array_equal(turns[(k + 1) % 4], np.rot90(turns[k], axes=(1, 2)))
        assert_array_equal(made[f"{split}_x"], made[f"{split}_domain1"])
        assert_array_equal(made[f"{split}_partner"], made[f"{split}_domain0"])


def test_of_four_domains_each_training_image_is_in_one():
    made = MADE["turned"]
    members = domains.parts(made["train_label"], 4)
    assert_array_equal(np.sort(np.concatenate(members)), np.arange(1077))
    for k, own in enumerate(members):
        chosen = made["domains_label"] == k
        assert_array_equal(made["domains_x"][chosen], made[f"train_domain{k}"][own])
        assert len(own) in (269, 270)
