"""The Torch sharpness is the oracle's; a blur lowers it, and so does a mean."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import sharpness
from reference.metrics import sharpness as oracle

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(3, 9), st.integers(3, 9))
def test_value(seed, height, width):
    images = np.random.default_rng(seed).standard_normal((2, 3, height, width))
    ours = sharpness.sharpness(torch.from_numpy(images))
    assert ours.shape == (2, 3)
    assert_allclose(ours, oracle.sharpness(images), rtol=1e-11, atol=1e-14)


@given(SEEDS)
def test_a_blur_is_less_sharp(seed):
    image = np.random.default_rng(seed).standard_normal((9, 9))
    blurred = (image + np.roll(image, 1, 0) + np.roll(image, 1, 1)) / 3
    assert oracle.sharpness(blurred) < oracle.sharpness(image)
    plane = np.add.outer(np.arange(9.0), 2 * np.arange(9.0))
    assert_allclose(oracle.sharpness(plane + 7), 0, atol=1e-20)
    assert_allclose(oracle.sharpness(3 * image), 9 * oracle.sharpness(image), rtol=1e-10)


@given(SEEDS, st.integers(2, 5))
def test_a_mean_of_images_is_never_sharper_than_they_are(seed, count):
    """Jensen: variance of a linear map is convex. With any weights, so for any posterior."""
    rng = np.random.default_rng(seed)
    images, weights = rng.standard_normal((count, 8, 8)), rng.dirichlet(np.ones(count))
    mean = np.tensordot(weights, images, 1)
    assert oracle.sharpness(mean) <= weights @ oracle.sharpness(images) * (1 + 1e-12)
    ours = sharpness.sharpness(torch.from_numpy(mean))
    assert ours <= weights @ sharpness.sharpness(torch.from_numpy(images)).numpy() * (1 + 1e-12)


def test_a_run_is_held_to_its_test_images():
    """The first replica shows the images themselves, the second at half the contrast."""
    x = torch.rand(6, 16, generator=torch.Generator().manual_seed(0))
    shown = torch.stack([x, x / 2])
    each = {"code": torch.zeros(2, 1, 16), "reconstruct": shown}
    run = SimpleNamespace(
        train={"x": x},
        test={"x": x},
        dataset=SimpleNamespace(shape=(4, 4)),
        sample=lambda count: shown / 2,
        model=SimpleNamespace(code="code", decode="decode", reconstruct="reconstruct"),
        ensemble=SimpleNamespace(each=lambda f, x: each[f]),
    )
    found = sharpness.measure(run)
    assert_allclose(found["reconstructions"].values, [1, 0.25], rtol=1e-6)
    assert_allclose(found["samples"].values, [0.25, 0.0625], rtol=1e-6)
    assert "PCA of rank 16: 1.000" in found["reconstructions"].reference_is
