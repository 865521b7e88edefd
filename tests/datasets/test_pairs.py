"""Digits in a row: the parts are digits of their own split, and the label names them in order."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy.stats import chi2

from pipeline.datasets import digits, mnist, pairs, stacked
from pipeline.results.trained_run import Trained

SPLITS = ("train", "validation", "test")
DIGITS = digits.DataSet().splits()
PAIRS = pairs.DataSet().splits()


def small(rng, classes=10):
    """Digits of 28 by 28 pixels, an array a split: what MNIST looks like, without its files."""
    arrays = {}
    for split, n in (("train", 50), ("validation", 20), ("test", 30)):
        arrays[f"{split}_x"] = rng.integers(0, 256, (n, 784)).astype(np.uint8)
        arrays[f"{split}_label"] = rng.integers(classes, size=n)
    return arrays


def test_the_pairs_are_pinned():
    content = b"".join(array.tobytes() for array in PAIRS.values())
    pinned = "76d2ee2ce3aea9bbc511d81460df2fe0ac707f5a45df4f0d311bc58c7072691a"
    assert hashlib.sha256(content).hexdigest() == pinned


def named(arrays):
    """The label of every image of digits, by its bytes and its split."""
    return {
        split: {
            x.tobytes(): k
            for x, k in zip(arrays[f"{split}_x"], arrays[f"{split}_label"], strict=True)
        }
        for split in SPLITS
    }


def test_splits_never_mix_and_a_label_names_its_digits():
    """Every half is a digit of the split, and tens and ones are the left and the right class."""
    known = named(DIGITS)
    assert not known["train"].keys() & known["test"].keys()
    for split, n in zip(SPLITS, (20_000, 5_000, 5_000), strict=True):
        x, label = PAIRS[f"{split}_x"], PAIRS[f"{split}_label"]
        assert (x.shape, x.dtype, label.dtype) == ((n, 128), np.uint8, np.int64)
        left, right = (
            [known[split][image.tobytes()] for image in half] for half in pairs.DataSet().parts(x)
        )
        assert_array_equal(label, 10 * np.array(left) + right)


def test_halves_stand_beside_each_other():
    """A digit of ones and one of twos: eight columns of each, in every row."""
    arrays = {f"{s}_x": np.array([[1] * 64], np.uint8) for s in SPLITS}
    arrays |= {f"{s}_label": np.array([1]) for s in SPLITS}
    arrays["test_x"] = np.array([[1] * 64, [2] * 64], np.uint8)
    arrays["test_label"] = np.array([1, 2])
    made = pairs.side_by_side(arrays, (1, 1, 50), 0, (8, 8), 2)
    for image, label in zip(made["test_x"].reshape(-1, 8, 16), made["test_label"], strict=True):
        assert (image[:, :8] == label // 10).all()
        assert (image[:, 8:] == label % 10).all()
    assert set(made["test_label"]) == {11, 12, 21, 22}


def test_the_halves_are_independent():
    """Pearson's statistic of 20,000 pairs, whose shares are known, has 99 degrees of freedom."""
    table = np.bincount(PAIRS["train_label"], minlength=100).reshape(10, 10)
    share = np.bincount(DIGITS["train_label"]) / len(DIGITS["train_label"])
    expected = 20_000 * np.outer(share, share)
    assert chi2(99).cdf(((table - expected) ** 2 / expected).sum()) < 0.9999
    assert (table > 0).all()


def test_another_count_leaves_the_other_splits_as_they_were():
    more, other = pairs.DataSet(train=21_000).splits(), pairs.DataSet(seed=1).splits()
    assert_array_equal(more["test_x"], PAIRS["test_x"])
    assert_array_equal(more["train_x"][:20_000], PAIRS["train_x"])
    assert (other["test_x"] != PAIRS["test_x"]).any()


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_three_digits_are_taken_apart_as_they_were_put_together(monkeypatch, kind):
    arrays = small(np.random.default_rng(0))
    monkeypatch.setattr(mnist.DataSet, "splits", lambda self: arrays)
    dataset = stacked.DataSet(train=40, validation=10, test=60)
    made, known = dataset.splits(), named(arrays)["test"]
    assert made["test_x"].shape == (60, dataset.features)
    assert made["test_x"].dtype == np.uint8
    assert np.prod(dataset.shape) == dataset.features
    parts = dataset.parts(kind(made["test_x"]))
    classes = np.array([[known[np.asarray(i).tobytes()] for i in part] for part in parts])
    assert_array_equal(made["test_label"], [100, 10, 1] @ classes)


def test_each_part_is_named_by_the_classifier_of_its_data_set():
    """Two classifiers that answer alike: the joint class of (a | b) is 10 a + b, its log
    probability the sum, and the features of both halves stand one after another."""
    rng = torch.Generator().manual_seed(0)
    weights = torch.randn(64, 10, generator=rng) / 8

    def logits(x):
        return torch.stack([x @ weights, x @ weights])

    run = Trained.__new__(Trained)
    run.dataset, run.classifier = pairs.DataSet(), SimpleNamespace(class_logits=logits)
    x = torch.randn(30, 128, generator=rng)
    left, right = (part @ weights for part in run.dataset.parts(x))
    joint = run.class_log_probabilities(x)
    assert joint.shape == (30, 100)
    assert_array_equal(joint.argmax(-1), 10 * left.argmax(-1) + right.argmax(-1))
    torch.testing.assert_close(joint.exp().sum(-1), torch.ones(30))
    both = (left.log_softmax(-1)[:, 3] + right.log_softmax(-1)[:, 7]).double()
    torch.testing.assert_close(joint[:, 37].double(), both, rtol=1e-5, atol=1e-5)
    features = run.features(x)
    assert features.dtype == torch.float64
    torch.testing.assert_close(features[:, 10:].float(), right - right.mean(-1, keepdim=True))
