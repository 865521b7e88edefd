"""The real MNIST, where its four files are available: the published counts."""

import os

import numpy as np
import pytest

from pipeline.datasets import mnist

pytestmark = pytest.mark.skipif(
    not os.environ.get("DSTAR_MNIST_DIR"),
    reason="DSTAR_MNIST_DIR names no folder with the four files of MNIST",
)
# Images of each class 0 ... 9.
TRAINING = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(scope="module")
def arrays():
    return mnist.DataSet().splits()


def test_classes_are_as_published(arrays):
    training = np.concatenate([arrays["train_label"], arrays["validation_label"]])
    assert np.bincount(training).tolist() == TRAINING
    assert np.bincount(arrays["test_label"]).tolist() == TEST


def test_sizes_and_levels(arrays):
    for split, n in (("train", 50_000), ("validation", 10_000), ("test", 10_000)):
        assert arrays[f"{split}_x"].shape == (n, 784)
        assert arrays[f"{split}_x"].dtype == np.uint8
        assert arrays[f"{split}_x"].max() == mnist.DataSet.levels


def test_the_mean_grey_level_is_the_published_one(arrays):
    """0.1307 of full white, over the 60,000 training images."""
    training = np.concatenate([arrays["train_x"], arrays["validation_x"]])
    assert training.mean() / 255 == pytest.approx(0.1307, abs=5e-5)


def test_images_stand_upright_beside_their_label(arrays):
    """The mean 1 is a stroke: its ink lies in the middle columns, over most of the rows."""
    one = arrays["test_x"][arrays["test_label"] == 1].mean(0).reshape(28, 28)
    assert one[:, 8:20].sum() > 0.95 * one.sum()
    assert (one[:, 8:20].max(1) > 25).sum() > (one.max(0) > 25).sum()
