"""Throws of a die have the given distribution, on levels from the first face to the last."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.datasets import dice
from reference.theory import dice as oracle


@pytest.mark.parametrize("odds", [(1,) * 6, (1, 2, 3), (5, 1)])
def test_the_throws_follow_the_distribution(odds):
    """Frequencies of 60,000 throws are within 4.5 standard errors."""
    dataset = dice.DataSet(odds=odds, train=60_000)
    splits = dataset.splits()
    share = oracle.frequencies(splits["train_label"], len(odds))
    assert_allclose(dataset.distribution, np.array(odds) / sum(odds))
    assert (
        np.abs(share - dataset.distribution)
        < 4.5 * oracle.frequency_error(dataset.distribution, 60_000)
    ).all()


def test_a_face_is_its_own_label_and_level():
    dataset, splits = dice.DataSet(), dice.DataSet().splits()
    assert (dataset.levels, dataset.classes) == (5, 6)
    for split, count in (("train", 6000), ("validation", 1000), ("test", 10_000)):
        assert splits[f"{split}_x"].shape == (count, 1)
        assert_array_equal(splits[f"{split}_x"][:, 0], splits[f"{split}_label"])
    assert set(splits["test_label"]) == set(range(6))


def test_another_count_leaves_the_other_splits_as_they_were():
    some, more = dice.DataSet().splits(), dice.DataSet(train=7000).splits()
    assert_array_equal(some["test_x"], more["test_x"])
    assert_array_equal(some["train_x"], more["train_x"][:6000])


def test_a_die_of_one_face_is_refused():
    with pytest.raises(ValueError, match="two faces"):
        dice.DataSet(odds=(1,))


def test_a_coin_is_a_die_and_a_die_is_fair_unless_it_is_said():
    coin, die = dice.DataSet(odds=(1, 3)), dice.DataSet()
    assert (coin.levels, coin.points) == (1, 2)
    assert_allclose(coin.distribution, [0.25, 0.75])
    assert_allclose(die.distribution, [1 / 6] * 6)
