"""Images: vectors whose order only some networks use, of fewer dimensions than pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.nn.functional import conv2d

from pipeline.datasets import digits
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan
from reference.theory.diagnostics import twonn_id


def trained(model, x, order):
    """The weights after five rounds that begin with pixels, and what faces them, in this order."""
    training = Training(Ensemble(model, [0, 1]), {"x": x[:, order]}, 8, optimizer("sgd", lr=0.1))
    state = training.ensemble.state
    for tensor in (state["generator"]["4.weight"], state["generator"]["4.bias"]):
        tensor.copy_(tensor[:, order])
    tensor = state["discriminator"]["0.weight"]
    tensor.copy_(tensor[:, :, order])
    for _ in training.play(5):
        pass
    return state


def test_to_a_dense_network_an_image_is_a_vector_in_any_order(double):
    """With pixels shuffled, in the data and in the two layers that face them, a GAN's training
    is the same training, to rounding: it does not know which pixels are neighbours."""
    model = gan.Model(features=9, latent=2, width=6)
    order = torch.from_numpy(np.random.default_rng(0).permutation(9))
    x = torch.randn(40, 9, generator=torch.Generator().manual_seed(0))
    plain, shuffled = trained(model, x, torch.arange(9)), trained(model, x, order)
    for network, tensors in plain.items():
        for name, tensor in tensors.items():
            other = shuffled[network][name]
            if (network, name) == ("discriminator", "0.weight"):
                tensor = tensor[:, :, order]
            if (network, name[:2]) == ("generator", "4."):
                tensor = tensor[:, order]
            torch.testing.assert_close(other, tensor, rtol=1e-12, atol=1e-13)


@given(st.integers(0, 1000))
def test_to_a_convolution_it_is_not(seed):
    """What a filter answers, in any order, changes when the pixels do."""
    rng = np.random.default_rng(seed)
    image, kernel = rng.standard_normal(36), torch.from_numpy(rng.standard_normal((1, 1, 3, 3)))
    order = np.roll(rng.permutation(36), 1)
    views = [torch.from_numpy(v.reshape(1, 1, 6, 6).copy()) for v in (image, image[order])]
    answers = [conv2d(view, kernel).flatten().sort().values for view in views]
    assert (answers[0] - answers[1]).abs().max() > 1e-3


@pytest.fixture(scope="module")
def images():
    """300 digits of 8 by 8 pixels, no two alike."""
    return np.unique(digits.DataSet().splits()["train_x"][:300], axis=0).astype(float)


def test_digits_have_far_fewer_dimensions_than_pixels(images):
    """95 % of their variance lies in fewer than half as many directions, and two neighbours of
    each image, which see curved surfaces too, tell of less than a quarter."""
    variance = np.linalg.svd(images - images.mean(0), compute_uv=False) ** 2
    directions = 1 + np.searchsorted(variance.cumsum() / variance.sum(), 0.95)
    assert directions < 64 / 2
    assert 2 < twonn_id(images) < 64 / 4


def test_a_larger_copy_has_no_more_dimensions(images):
    """Each pixel four times: all distances double, so the rank and the neighbours stay."""
    x = images
    large = np.kron(x.reshape(-1, 8, 8), np.ones((2, 2))).reshape(len(x), 256)
    assert_allclose(np.linalg.norm(large - large[0], axis=1), 2 * np.linalg.norm(x - x[0], axis=1))
    assert np.linalg.matrix_rank(large) == np.linalg.matrix_rank(x)
    assert_allclose(twonn_id(large), twonn_id(x), rtol=1e-12)
