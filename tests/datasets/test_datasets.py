"""Data sets are found by name, validated field by field, and loaded as network inputs."""

import numpy as np
import pytest

from pipeline import datasets
from pipeline.datasets import digits, ring
from pipeline.results import data as stored
from pipeline.results.files import write_npz
from pipeline.study.errors import DATA, StudyError


def test_names_are_the_data_sets_and_nothing_else():
    assert datasets.names() == [
        "dice",
        "digit_page",
        "digits",
        "digits_few",
        "dirac",
        "factors",
        "gaussian_1d",
        "grid",
        "linear_gaussian",
        "mnist",
        "mnist_few",
        "occluded",
        "outlines",
        "pairs",
        "ring",
        "slanted",
        "stacked",
        "texture",
        "thickened",
        "turned",
    ]


def test_build_fills_in_what_the_block_leaves_out():
    assert datasets.build("ring", {"modes": 5}) == ring.DataSet(modes=5)
    assert datasets.build("ring", {"radius": 2}) == ring.DataSet(radius=2.0)


@pytest.mark.parametrize(
    ("name", "block", "line"),
    [
        ("rng", {}, "data.rng: no such data set; allowed: .*ring, .*; did you mean 'ring'?"),
        ("idx", {}, "data.idx: no such data set"),
        ("ring", {"mode": 8}, "data.ring.mode: no such field; .* did you mean 'modes'?"),
        ("ring", {"modes": True}, "data.ring.modes: .* integer, not true"),
        ("ring", {"modes": 8.5}, "data.ring.modes: .*, not 8.5"),
        ("ring", {"modes": 0}, "data.ring.modes: .*greater than or equal to 1, not 0"),
        ("ring", {"scale": "1e-3"}, 'data.ring.scale: .* number, not "1e-3"'),
        ("ring", {"scale": float("nan")}, "data.ring.scale: .* finite number, not NaN"),
        ("ring", {"seed": -1}, "data.ring.seed: "),
        ("digits", {"test": 1.0}, "data.digits.test: .* less than 1, not 1.0"),
        ("digits", {"test": 0.5, "validation": 0.5}, "data.digits: .*nothing to train on"),
        ("mnist", {"validation": 60_000}, "data.mnist: .*leaves nothing"),
    ],
)
def test_build_names_what_is_wrong(name, block, line):
    with pytest.raises(StudyError, match=line) as refused:
        datasets.build(name, block)
    assert "\n" not in str(refused.value)


def test_build_tells_every_problem():
    with pytest.raises(StudyError) as refused:
        datasets.build("ring", {"modes": 0, "scale": 0, "mode": 8})
    assert len(str(refused.value).splitlines()) == 3


@pytest.fixture
def prepared(tmp_path):
    """A folder with data/ring.npz and data/digits.npz, and the changes that a test makes."""

    def prepare(**changes):
        for name, dataset in (
            ("ring", ring.DataSet(train=20, test=5)),
            ("digits", digits.DataSet()),
        ):
            arrays = dataset.splits() | changes
            write_npz(tmp_path / f"{name}.npz", {k: v for k, v in arrays.items() if v is not None})
        return tmp_path

    return prepare


def test_grey_levels_become_minus_one_to_one(prepared):
    loaded = stored.load("digits", digits.DataSet(), prepared())
    x = loaded["train"]["x"]
    assert x.dtype == np.float32
    assert (x.min(), x.max()) == (-1, 1)
    levels = digits.DataSet().splits()["train_x"]
    np.testing.assert_array_equal((x + 1) * 8, levels)


def test_points_stay_where_they_are(prepared):
    loaded = stored.load("ring", {"train": 20, "test": 5}, prepared())
    made = ring.DataSet(train=20, test=5).splits()
    for split in ("train", "validation", "test"):
        np.testing.assert_array_equal(loaded[split]["x"], made[f"{split}_x"])
        np.testing.assert_array_equal(loaded[split]["label"], made[f"{split}_label"])
        assert loaded[split]["label"].dtype == np.int64


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"test_label": None}, "has no array 'test_label'; run prepare again"),
        ({"test_x": np.zeros((5, 3))}, r"test_x is \(5, 3\), expected \(5, 2\)"),
        ({"test_x": np.zeros((4, 2))}, r"test_x is \(4, 2\), expected \(5, 2\)"),
    ],
)
def test_a_file_of_other_data_is_refused(prepared, change, line):
    with pytest.raises(StudyError, match=f"ring.npz: .*{line}") as refused:
        stored.load("ring", ring.DataSet(), prepared(**change))
    assert refused.value.code == DATA


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"ring\.npz: no such file") as refused:
        stored.load("ring", ring.DataSet(), tmp_path)
    assert refused.value.code == DATA
