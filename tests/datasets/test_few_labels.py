"""Label splits: as many of each class, known by their number, and nothing told by an order."""

import numpy as np
import pytest

from pipeline import datasets
from pipeline.datasets import digits, digits_few, mnist_few
from pipeline.results import data as stored
from pipeline.results.files import write_npz

PLAIN = digits.DataSet().splits()
KIND = digits_few.DataSet
ARRAYS = KIND(labels=20, label_splits=3).splits()
SPLITS = ("few_x", "few_s1", "few_s2")


def rows(x):
    return [row.tobytes() for row in x]


def test_the_digits_are_what_they_were():
    """Whatever is labelled: no place in the unlabelled pool says which examples those are."""
    for arrays in (ARRAYS, KIND(labels=50, label_splits=1, first=7).splits()):
        assert all(np.array_equal(arrays[name], PLAIN[name]) for name in PLAIN)


def test_the_unlabelled_pool_is_in_no_order_of_classes():
    """Neighbours are of one class as often as chance has it, within 4.5 deviations of 1/10."""
    label = PLAIN["train_label"]
    same = (label[1:] == label[:-1]).mean()
    assert abs(same - 0.1) < 4.5 * np.sqrt(0.09 / len(label))


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_has_equally_many_of_each_class_all_of_them_from_training(name):
    """And their label is theirs: each is one of the training images of its class."""
    known = dict(zip(rows(PLAIN["train_x"]), PLAIN["train_label"], strict=True))
    found = [known[row] for row in rows(ARRAYS[name])]
    assert found == ARRAYS["few_label"].tolist() == [c for c in range(10) for _ in range(2)]
    held = {*rows(PLAIN["test_x"]), *rows(PLAIN["validation_x"])}
    assert not held & set(rows(ARRAYS[name]))


def test_splits_are_known_by_their_number():
    """Split 1 is the same as the second of three and as the first of its own; others differ, and
    those of a search, from 1000 on, are others again."""
    alone = KIND(labels=20, label_splits=1, first=1).splits()
    assert np.array_equal(alone["few_x"], ARRAYS["few_s1"])
    later = KIND(labels=20, label_splits=3, first=1000).splits()
    sets = [frozenset(rows(a[name])) for a in (ARRAYS, later) for name in SPLITS]
    assert len(set(sets)) == 6
    other = KIND(labels=20, label_splits=1, seed=1).splits()
    assert set(rows(other["few_x"])) != sets[0]


def test_the_pool_is_loaded_as_a_training_asks_for_it(tmp_path):
    made = KIND(labels=20, label_splits=3)
    write_npz(tmp_path / "digits_few.npz", ARRAYS)
    few = stored.load("digits_few", made, tmp_path)["few"]
    assert list(few) == ["x", "label", "s1", "s2"]
    assert few["s2"].shape == (20, 64)
    np.testing.assert_allclose((few["s1"] + 1) * 8, ARRAYS["few_s1"])


def test_a_class_is_not_slighted():
    with pytest.raises(Exception, match="labels = 25 must be a multiple of 10"):
        KIND(labels=25)
    with pytest.raises(Exception, match="must be a multiple"):
        mnist_few.DataSet(labels=5)
    with pytest.raises(ValueError, match="fewer than 200 training examples"):
        KIND(labels=2000).splits()
    assert datasets.pools(KIND()) == datasets.pools(mnist_few.DataSet()) == ("few",)
