"""The split of the small digits is fixed, exhaustive and stratified."""

import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pipeline.datasets import digits

LABEL = load_digits().target


def test_the_split_is_pinned():
    """Published numbers rest on these very examples: a change here is a change of the data."""
    text = repr({s: i.tolist() for s, i in digits.DataSet().indices(LABEL).items()})
    pinned = "84337feefa4f39378420da811c1abca2f8a089defea7c2fa30225b2f73337f06"
    assert hashlib.sha256(text.encode()).hexdigest() == pinned


def test_the_images_are_pinned():
    arrays = digits.DataSet().splits()
    content = b"".join(arrays[f"{s}_x"].tobytes() for s in ("train", "validation", "test"))
    pinned = "26ba1242cef7733d5416ff36e1c70c1f99d5a4f1371eea60687bdc4b8f9f0190"
    assert hashlib.sha256(content).hexdigest() == pinned


def test_splits_are_disjoint_and_leave_nothing_out():
    parts = digits.DataSet().indices(LABEL)
    assert {split: len(members) for split, members in parts.items()} == {
        "train": 1077,
        "validation": 360,
        "test": 360,
    }
    together = np.concatenate(list(parts.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(1797))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.2), (0.1, 0.3), (0.05, 0.6)])
def test_each_class_has_its_share_to_within_one_example(validation, test, seed):
    parts = digits.DataSet(validation=validation, test=test, seed=seed).indices(LABEL)
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    for split, members in parts.items():
        found = np.bincount(LABEL[members], minlength=10)
        assert (np.abs(found - shares[split] * np.bincount(LABEL)) <= 1.5).all(), split


def test_another_seed_is_another_split():
    first, second = (digits.DataSet(seed=s).indices(LABEL)["test"] for s in (0, 1))
    assert len(np.intersect1d(first, second)) < 200


def test_labels_go_with_their_images():
    """Every example is found again, with its own label, in the collection."""
    collection = {
        x.astype(np.uint8).tobytes(): k for x, k in zip(*load_digits(return_X_y=True), strict=True)
    }
    arrays = digits.DataSet().splits()
    for split in ("train", "validation", "test"):
        x, label = arrays[f"{split}_x"], arrays[f"{split}_label"]
        assert x.dtype == np.uint8
        assert label.dtype == np.int64
        assert [collection[image.tobytes()] for image in x] == label.tolist()


def test_levels_are_those_of_the_images():
    assert digits.DataSet().splits()["train_x"].max() == digits.DataSet.levels


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_something_must_be_left_to_train_on(share):
    with pytest.raises(ValueError, match="nothing to train on"):
        digits.DataSet(validation=share, test=0.5)
