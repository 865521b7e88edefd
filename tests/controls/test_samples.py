"""What is drawn of the data, or of nothing: by its known distribution, and by replica."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline import controls
from pipeline.controls import blurred
from pipeline.datasets import digits, ring

RING = ring.DataSet(train=4000, validation=50, test=50)
SAMPLERS = ["blurred", "codebook", "noise", "true_samples"]


def examples(dataset, split):
    x = torch.from_numpy(dataset.splits()[f"{split}_x"].astype(np.float32))
    return 2 * x / dataset.levels - 1 if dataset.levels else x


def made(name, dataset=RING, **arguments):
    splits = {split: examples(dataset, split) for split in ("train", "validation")}
    return controls.kind(name).Control(dataset, **splits, **arguments)


def drawn(name, dataset=RING, seeds=(3, 1), count=5000):
    replicas = controls.ensemble(made(name, dataset), seeds)
    return replicas.sample(count, "evaluate")


@pytest.mark.parametrize("dataset", [RING, digits.DataSet()], ids=["points", "images"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_replica_is_the_same_alone_and_in_company(name, dataset):
    together = drawn(name, dataset, (3, 1, 7), 40)
    assert (together[1:2] == drawn(name, dataset, (1,), 40)).all()
    assert (together[0] != together[1]).any()
    assert together.dtype == torch.float32
    assert together.shape == (3, 40, dataset.features)


def test_true_samples_have_the_modes_and_the_width():
    """10,000 points: each of eight shares to 4.5 standard errors, the variance to 4.5 of 1 %."""
    x = drawn("true_samples").flatten(0, 1).double().numpy()
    far = x[:, None] - RING.means
    nearest = (far**2).sum(-1).argmin(1)
    assert abs(np.bincount(nearest) / len(x) - 1 / 8).max() < 4.5 * np.sqrt(7 / 64 / len(x))
    own = far[np.arange(len(x)), nearest] / RING.scale
    assert_allclose((own**2).mean(), 1, atol=0.045)


def test_true_images_are_of_no_training():
    dataset = digits.DataSet()
    held = {row.tobytes() for row in examples(dataset, "validation").numpy()}
    assert all(row.tobytes() in held for row in drawn("true_samples", dataset)[0].numpy())


def test_noise_fills_the_box_of_the_training_data():
    x, train = drawn("noise")[0], examples(RING, "train")
    assert (x.amin(0) >= train.amin(0)).all()
    assert (x.amax(0) <= train.amax(0)).all()
    middle = (train.amin(0) + train.amax(0)) / 2
    assert_allclose(x.mean(0), middle, atol=4.5 * 2.1 / np.sqrt(12 * 5000))
    assert_allclose(x.var(0), (train.amax(0) - train.amin(0)) ** 2 / 12, rtol=0.06)


@pytest.mark.parametrize("levels", [1, 16])
def test_noise_of_images_is_a_grey_level_or_black_and_white(levels):
    """Each as often: chi-squared of the counts within 4.5 standard deviations."""
    dataset = SimpleNamespace(features=20, levels=levels)
    replicas = controls.ensemble(
        controls.kind("noise").Control(dataset, torch.zeros(1, 20), torch.zeros(1, 20)), [0]
    )
    level = (replicas.sample(1000, "evaluate") + 1) / 2 * levels
    assert_allclose(level, level.round(), atol=1e-5)
    counts = np.bincount(level.round().long().flatten().numpy(), minlength=levels + 1)
    due = 20_000 / (levels + 1)
    assert len(counts) == levels + 1
    assert ((counts - due) ** 2 / due).sum() < levels + 4.5 * np.sqrt(2 * levels)


@pytest.mark.parametrize("levels", [1, 16])
def test_noise_of_images_rises_with_the_number_that_it_is_made_of(levels):
    dataset = SimpleNamespace(features=5, levels=levels)
    control = controls.kind("noise").Control(dataset, torch.zeros(1, 5), torch.zeros(1, 5))
    u = torch.tensor([0.0, 0.49, 0.51, 0.99, 1.0])
    grey = (u * (levels + 1)).floor().clamp(max=levels)
    assert (control.sample({}, {"u": u}) == 2 * grey / levels - 1).all()
    assert control.sample({}, {"u": u})[[0, -1]].tolist() == [-1, 1]


def test_blurred_modes_are_twice_as_wide():
    x = drawn("blurred")[0].double().numpy()
    far = ((x[:, None] - RING.means) ** 2).sum(-1).min(1)
    assert_allclose(np.sqrt(far.mean() / 2) / RING.scale, blurred.WIDER, rtol=0.04)


def test_a_smoothed_image_keeps_its_light_and_loses_its_edges():
    """Inside, by hand; a constant image stays, its border too."""
    x = torch.zeros(1, 5, 5)
    x[0, 2, 2] = 16
    kernel = torch.tensor([1.0, 2.0, 1.0])
    assert (blurred.smoothed(x)[0, 1:4, 1:4] == kernel[:, None] * kernel).all()
    assert (blurred.smoothed(torch.ones(1, 5, 5)) == 1).all()


def test_a_codebook_has_512_training_examples_and_each_replica_its_own():
    x, train = drawn("codebook"), {row.tobytes() for row in examples(RING, "train").numpy()}
    books = [{row.tobytes() for row in replica.numpy()} for replica in x]
    assert all(book <= train for book in books)
    # 5,000 draws miss a given one of 512 with a chance of exp(-9.8): at most a few of them.
    assert all(505 <= len(book) <= 512 for book in books)
    assert len(books[0] & books[1]) < 200


def test_every_control_can_be_found_and_says_what_it_is():
    assert set(SAMPLERS) < set(controls.names())
    assert all(hasattr(controls.kind(name), "Control") for name in controls.names())
