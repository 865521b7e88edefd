"""What is wrong with the arrays of a data set is told in a line; sound ones have no fault."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline import datasets

IMAGES = SimpleNamespace(features=4, classes=3, levels=16, pools=("few",))
POINTS = SimpleNamespace(features=4, classes=3, levels=None)


def arrays(dataset=IMAGES, count=5):
    """Sound arrays of every pool; float pixels too may be whole."""
    found = {}
    for pool in ("train", "validation", "test", *getattr(dataset, "pools", ())):
        found[f"{pool}_x"] = np.arange(4 * count).reshape(count, 4) % 17
        found[f"{pool}_label"] = np.arange(count) % 3
    return found


@pytest.mark.parametrize("dataset", [IMAGES, POINTS])
@pytest.mark.parametrize("kind", ["u1", "i8", "f4"])
def test_sound_arrays_have_no_fault(dataset, kind):
    given = {k: a.astype(kind) if k.endswith("_x") else a for k, a in arrays(dataset).items()}
    assert datasets.faults(dataset, given) == []
    partner = {"train_partner": given["train_x"]}
    assert datasets.faults(dataset, given | partner) == []


def test_a_pool_that_is_missing_is_told_and_the_others_are_looked_at():
    given = arrays()
    del given["train_x"], given["few_x"], given["few_label"]
    given["test_x"] = given["test_x"] + 1
    assert datasets.faults(IMAGES, given) == [
        "train_x: missing",
        "test_x: values from 1 to 17; grey levels are whole numbers from 0 to 16",
        "few_x and few_label: missing",
    ]


@pytest.mark.parametrize(
    "label",
    [np.zeros((5, 1), int), np.zeros(0, int), np.zeros(5), np.zeros(5, bool), np.array(["a"] * 5)],
    ids=["two axes", "none", "floats", "truths", "texts"],
)
def test_labels_are_one_whole_number_each(label):
    line = "train_label: must be one whole number an example, of one or more"
    assert datasets.faults(IMAGES, arrays() | {"train_label": label})[0] == line


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (0, 3), (-1, 3)])
def test_labels_are_classes(low, high):
    label = np.array([1, low, high, 0, 1])
    assert datasets.faults(IMAGES, arrays() | {"test_label": label}) == [
        f"test_label: values from {low} to {high}; classes are 0 to 2"
    ]


@pytest.mark.parametrize("shape", [(5, 3), (4, 4), (5, 4, 1), (20,)])
def test_an_array_has_a_row_an_example_and_a_column_a_feature(shape):
    x = np.zeros(shape, int)
    for key in ("train_x", "train_partner"):
        told = datasets.faults(IMAGES, arrays() | {key: x})
        assert told == [f"{key}: is {shape}, expected (5, 4)"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dataset", [IMAGES, POINTS])
def test_numbers_are_finite(dataset, value):
    x = np.zeros((5, 4))
    x[2, 1] = value
    told = datasets.faults(dataset, arrays(dataset) | {"train_x": x})
    assert told == ["train_x: has values that are no finite numbers"]
    texts = np.full((5, 4), "1")
    assert datasets.faults(dataset, arrays(dataset) | {"train_x": texts}) == told


@pytest.mark.parametrize(("value", "told"), [(-1, "-1 to 16"), (17, "0 to 17"), (0.5, "0 to 16")])
def test_pixels_are_grey_levels_and_points_are_anywhere(value, told):
    x = np.zeros((5, 4))
    x[0, 0], x[2, 1] = 16, value
    line = f"few_x: values from {told}; grey levels are whole numbers from 0 to 16"
    assert datasets.faults(IMAGES, arrays() | {"few_x": x}) == [line]
    assert datasets.faults(POINTS, arrays(POINTS) | {"train_x": x}) == []
