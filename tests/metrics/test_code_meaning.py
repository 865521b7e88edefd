"""Slant and width are the oracle's; a shear moves one and leaves the other."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import code_meaning
from reference.metrics import code_meaning as oracle

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_of_images(seed):
    images = np.random.default_rng(seed).random((4, 5, 6))
    ours = torch.from_numpy(images)
    assert_allclose(code_meaning.slant(ours), oracle.slant(images), rtol=1e-10, atol=1e-12)
    assert_allclose(code_meaning.width(ours), oracle.width(images), rtol=1e-10)


@given(SEEDS)
def test_within_a_group(seed):
    rng = np.random.default_rng(seed)
    a, b, c = rng.standard_normal(30), rng.standard_normal(30), rng.integers(0, 3, 30)
    known = oracle.correlation_within(a, b, c, 4)
    ours = code_meaning.correlation_within(*map(torch.from_numpy, (a, b, c)), 4)
    assert_allclose(ours, known, rtol=1e-9, atol=1e-12)
    moved = a + np.array([50.0, -7.0, 3.0])[c]
    assert_allclose(oracle.correlation_within(moved, b, c, 4), known, rtol=1e-8, atol=1e-10)


@given(SEEDS, st.integers(-2, 2), st.integers(0, 3))
def test_a_shear_adds_to_the_slant_and_leaves_the_width(seed, by, along):
    """By whole columns, in a frame that holds all; and a shift changes neither."""
    image = np.zeros((5, 24))
    image[:, 10:14] = np.random.default_rng(seed).random((5, 4))
    sheared = np.stack([np.roll(row, by * (i - 2) + along) for i, row in enumerate(image)])
    assert_allclose(oracle.slant([sheared]), oracle.slant([image]) + by, atol=1e-10)
    assert_allclose(oracle.width([sheared]), oracle.width([image]), atol=1e-7)


class Told:
    """A sampler of two categories; the first number slants a bar, the second is not used."""

    codes = 2

    def category(self, noise):
        return noise["c"]

    def code_values(self, noise):
        return noise["u"]


def test_a_code_that_slants_is_told_from_one_that_does_nothing():
    """Two replicas: in the second the bars do not heed their codes. In either the categories lean
    by 3 columns a row to different sides: over all, they would hide what the code does."""
    rng = torch.manual_seed(0)
    category = torch.randint(2, (2, 400), generator=rng)
    u = torch.rand(2, 400, 2, generator=rng) * 2 - 1
    lean = u[..., 0] * torch.tensor([[1.0], [0.0]]) + 3.0 * (2 * category - 1)
    lean[1] += 0.5 * torch.randn(400, generator=rng)
    i, j = torch.arange(5.0) - 2, torch.arange(40.0) - 20
    bars = (-((j - lean[..., None, None] * i[:, None]).square()) / 2).exp()
    noise = {"c": category, "u": u}

    def each(f, own):
        return torch.stack([f(None, {n: t[r] for n, t in own.items()}) for r in range(2)])

    run = SimpleNamespace(
        model=Told(),
        dataset=SimpleNamespace(shape=(5, 40), levels=16),
        ensemble=SimpleNamespace(each=each),
        drawn=lambda count: iter([(noise, 2 * bars.flatten(-2) - 1)]),
    )
    found = code_meaning.measure(run)["slant"]
    assert found.values[0] > 0.99
    assert found.values[1] < 0.2
    assert found.reference < 0.2


def test_it_needs_images_and_a_code():
    image = SimpleNamespace(shape=(8, 8), levels=16)
    assert code_meaning.lacks(SimpleNamespace(codes=2), image) == ""
    assert "codes" in code_meaning.lacks(SimpleNamespace(codes=0), image)
    assert "images" in code_meaning.lacks(Told(), SimpleNamespace(shape=(2,), levels=None))
