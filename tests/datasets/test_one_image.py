"""One image to learn from, and others of its kind: pages of digits, and a texture."""

import numpy as np
import pytest

from pipeline import datasets
from pipeline.datasets import digits, texture

BOTH = pytest.mark.parametrize("name", ["digit_page", "texture"])


@BOTH
def test_one_image_is_learned_and_others_are_kept(name):
    made = datasets.build(name, {}).splits()
    again = datasets.build(name, {"others": 5}).splits()
    assert [len(made[f"{split}_x"]) for split in datasets.SPLITS] == [1, 20, 20]
    np.testing.assert_array_equal(made["train_x"], again["train_x"])
    np.testing.assert_array_equal(made["test_x"][:5], again["test_x"])
    everything = np.concatenate([made[f"{split}_x"] for split in datasets.SPLITS])
    assert everything.dtype == np.uint8
    assert len(np.unique(everything, axis=0)) == 41
    other = datasets.build(name, {"seed": 1}).splits()
    assert (other["train_x"] != made["train_x"]).any()


def test_a_page_has_whole_digits_of_its_split_and_none_twice():
    dataset = datasets.build("digit_page", {"rows": 3})
    made, source = dataset.splits(), digits.DataSet().splits()
    assert dataset.shape == (24, 24)
    for split in datasets.SPLITS:
        known = {digit.tobytes() for digit in source[f"{split}_x"]}
        for page in made[f"{split}_x"]:
            places = page.reshape(3, 8, 3, 8).swapaxes(1, 2).reshape(9, 64)
            assert {digit.tobytes() for digit in places} <= known
            assert len(np.unique(places, axis=0)) == 9


def test_stripes_have_their_period_in_every_direction():
    """Most of the power of a field lies on a circle, of frequency side / period = 32 / 8 = 4."""
    images = texture.DataSet(period=8.0, others=200).splits()["test_x"].reshape(-1, 32, 32)
    centred = images - images.mean((1, 2), keepdims=True)
    power = (np.abs(np.fft.fft2(centred)) ** 2).mean(0)
    along = np.fft.fftfreq(32) * 32
    frequency = np.hypot(along[:, None], along[None])
    ring = (frequency > 2.5) & (frequency < 5.5)
    assert power[ring].sum() > 0.8 * power.sum()
    across, down = power[0, 4] + power[0, -4], power[4, 0] + power[-4, 0]
    assert 0.7 < across / down < 1.4
