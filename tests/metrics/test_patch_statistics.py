"""Patches and their distance are the oracle's; a copy, noise, and an image of the same kind."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.datasets import texture
from pipeline.metrics import patch_statistics
from reference.metrics import patch_statistics as oracle

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 4))
def test_values(seed, side):
    rng = np.random.default_rng(seed)
    image, other, ways = (rng.standard_normal(s) for s in ((4, 6), (4, 6), (3, side * side)))
    ours = [patch_statistics.patches(torch.from_numpy(i), side) for i in (image, other)]
    known = [oracle.patches(i, side) for i in (image, other)]
    for a, b in zip(ours, known, strict=True):
        assert_allclose(a, b, rtol=0, atol=0)
    found = patch_statistics.sliced_wasserstein(*ours, torch.from_numpy(ways))
    assert_allclose(found, oracle.sliced_wasserstein(*known, ways), rtol=1e-12)
    x = rng.standard_normal((5, 24))
    found = patch_statistics.diversity(torch.from_numpy(x), torch.from_numpy(image).flatten())
    assert_allclose(found, oracle.diversity(x, image.ravel()), rtol=1e-12)


def run(samples):
    """Samples of two replicas; the image is a texture of 32 by 32 pixels."""
    arrays = texture.DataSet(others=30).splits()
    x = {s: 2 * torch.from_numpy(arrays[f"{s}_x"]).float() / 255 - 1 for s in ("train", "test")}
    return SimpleNamespace(
        dataset=SimpleNamespace(shape=(32, 32)),
        train={"x": x["train"]},
        validation={"x": x["test"]},
        sample=lambda count: torch.stack([samples(x, count, r) for r in (0, 1)]),
    )


@pytest.mark.parametrize("kind", ["copy", "noise", "shuffled", "same"])
def test_who_is_alike_and_who_is_new(kind, monkeypatch):
    """Copies are alike and not various; noise, and the image's own pixels in another order, are
    various and not alike; other images of the same law are both, most of them."""
    monkeypatch.setattr(patch_statistics, "SAMPLES", 20)

    def samples(x, count, r):
        rng = torch.Generator().manual_seed(r)
        if kind == "copy":
            return x["train"].expand(count, -1)
        if kind == "noise":
            return torch.rand(count, 1024, generator=rng) * 2 - 1
        if kind == "shuffled":
            orders = [torch.randperm(1024, generator=rng) for _ in range(count)]
            return torch.stack([x["train"][0][order] for order in orders])
        return x["test"][:count]

    found = {k: m.values for k, m in patch_statistics.measure(run(samples)).items()}
    assert len(found["new"]) == 2
    if kind == "copy":
        assert found["distance_7"] == pytest.approx([0, 0], abs=1e-7)
        assert found["diversity"] == pytest.approx([0, 0], abs=1e-6)
    if kind in ("noise", "shuffled"):
        assert min(found["excess_7"]) > 1.5
        assert min(found["diversity"]) > 0.5
    assert (max(found["new"]) == 0) == (kind != "same")
    if kind == "same":
        assert max(found["excess_3"]) < 1.5


def test_small_images_are_refused():
    shape = SimpleNamespace(shape=(8, 8))
    assert "14" in patch_statistics.lacks(None, shape)
    assert patch_statistics.lacks(None, SimpleNamespace(shape=(7, 14))) == ""
