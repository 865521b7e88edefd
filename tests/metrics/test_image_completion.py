"""Completed images: who keeps the class, who differs, and the formula of that."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import image_completion
from pipeline.models.completing import masks, noise_of_masks
from reference.metrics.image_completion import completion_diversity


@given(st.integers(0, 2**32 - 1))
def test_diversity(seed):
    rng = np.random.default_rng(seed)
    draws, x = rng.standard_normal((3, 5, 4)), rng.standard_normal((5, 4))
    mask = (rng.random((5, 4)) < 0.5).astype(float)
    mask[0, 0] = 0
    ours = image_completion.completion_diversity(*map(torch.from_numpy, (draws, mask, x)))
    assert_allclose(ours, completion_diversity(draws, mask, x), rtol=1e-12)


def run(complete):
    """Images of 8 by 8 pixels, bright above or below: the class is where it is bright."""
    rng = torch.Generator().manual_seed(0)
    label = torch.arange(2).repeat(60)
    x = torch.rand(120, 8, 8, generator=rng) - 1
    x[label == 0, :4] += 1
    x[label == 1, 4:] += 1
    x = x.flatten(1)

    def log_probabilities(images):
        halves = images.view(-1, 2, 32).mean(-1)
        return (20 * halves).log_softmax(-1)

    def noise(distributions, count, stream, block):
        return {"e": torch.rand(2, *count, 64, generator=torch.Generator().manual_seed(block))}

    return SimpleNamespace(
        test={"x": x, "label": label},
        validation={"x": x.flip(0) + 0.01},
        model=SimpleNamespace(
            mask_noise=lambda: noise_of_masks(64, (8, 8)),
            mask=lambda noise: masks(noise, (8, 8)),
            completion_noise=dict,
            complete=complete,
        ),
        ensemble=SimpleNamespace(
            noise=noise,
            each=lambda f, noise: torch.stack([f(None, {"e": e}) for e in noise["e"]]),
        ),
        class_log_probabilities=log_probabilities,
        features=lambda x: x.double(),
    )


def test_the_truth_keeps_its_class_and_one_answer_has_no_diversity():
    seen = {}

    def truth(net, x, mask, noise):
        seen["mask"] = mask
        return x

    found = image_completion.measure(run(truth))
    assert found["kept"].values == pytest.approx([1, 1])
    assert found["kept"].reference == 1
    assert found["diversity"].values == pytest.approx([0, 0])
    assert found["precision"].values == pytest.approx([1, 1])
    assert 0.3 < seen["mask"].mean() < 0.8
    other = {}

    def remember(net, x, mask, noise):
        other["mask"] = mask
        return x

    image_completion.measure(run(remember))
    assert torch.equal(seen["mask"], other["mask"])  # the same for all runs


def test_noise_in_the_gaps_differs_and_loses_classes():
    def noise(net, x, mask, noise):
        return mask * x + (1 - mask) * (32 * noise["e"] - 16)

    found = image_completion.measure(run(noise))
    assert min(found["diversity"].values) > 1
    assert max(found["kept"].values) < 0.95
    assert max(found["precision"].values) < 0.7


def test_points_are_refused():
    assert image_completion.lacks(None, SimpleNamespace(shape=(6,), levels=None)) == "images"
