"""The Torch reconstruction errors are the oracle's."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import reconstruction
from reference.metrics import reconstruction as oracle
from reference.theory.likelihood import bernoulli_entropy_floor
from tests.strategies import gaussians

SHARES = st.sampled_from([0.0, 1.0, 0.5, 1 / 32, 5e-324, 1 - 2**-53]) | st.floats(0, 1)
IMAGES = arrays(float, (3, 4), elements=SHARES)


@given(gaussians(members=2))
def test_squared_error(drawn):
    x, _, y, _ = drawn
    ours = reconstruction.squared_error(torch.from_numpy(x), torch.from_numpy(y))
    assert_allclose(ours, oracle.squared_error(x, y), rtol=1e-13)


@given(IMAGES, IMAGES)
def test_cross_entropy(p, q):
    ours = reconstruction.cross_entropy(torch.from_numpy(p), torch.from_numpy(q))
    assert_allclose(ours, oracle.cross_entropy(p, q), rtol=1e-12, atol=1e-15)


@given(IMAGES, IMAGES)
def test_the_entropy_of_the_pixels_is_the_least(p, q):
    """Gibbs' inequality, and the floor in the words of another oracle."""
    floor = oracle.cross_entropy(p, p)
    assert_allclose(floor, bernoulli_entropy_floor(p).mean(), rtol=1e-9, atol=1e-12)
    assert oracle.cross_entropy(p, q) >= floor - 1e-12


def test_a_run_is_held_to_its_test_images():
    """By hand: one axis, PCA keeps it; a replica that is half a pixel off everywhere."""
    train = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    test = torch.tensor([[1.0, 0.5], [-1.0, -0.5]])
    made = torch.stack([test, test - 0.5 * test.sign()])
    each = {"code": torch.zeros(2, 1, 1), "reconstruct": made}
    run = SimpleNamespace(
        train={"x": train},
        test={"x": test},
        dataset=SimpleNamespace(levels=4),
        model=SimpleNamespace(code="code", reconstruct="reconstruct"),
        ensemble=SimpleNamespace(each=lambda f, x: each[f]),
    )
    found = reconstruction.measure(run)
    assert_allclose(found["squared_error"].values, [0, 0.5])
    assert_allclose(found["squared_error"].reference, 0.25)
    assert "pixel means alone: 1.25" in found["squared_error"].reference_is
    assert_allclose(found["over_pca"].values, [0, 2])
    # (1 + x) / 2 = 1 and 3/4, or 0 and 1/4; certainty is 1/8 away from 0 and 1
    grey = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert_allclose(found["cross_entropy"].reference, grey, rtol=1e-6)
    own, off = found["cross_entropy"].values
    assert_allclose(own, grey - np.log(1 - 1 / 8), rtol=1e-6)
    assert_allclose(off, -np.log(0.75) + np.log(2), rtol=1e-6)
