"""The Torch paths are the oracle's; linear ones are straight, spherical ones even."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import interpolation
from reference.metrics import interpolation as oracle

SEEDS = st.integers(0, 2**32 - 1)
T = np.linspace(0, 1, 11)


@given(SEEDS, st.sampled_from([1e-9, 1e-3, 1.0]), st.integers(2, 5))
def test_ways(seed, apart, m):
    """Of latents that nearly coincide too, where sin w is all rounding."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(m)
    b = a + apart * rng.standard_normal(m)
    arguments = [torch.from_numpy(v) for v in (a, b, T)]
    for name in ("linear", "spherical"):
        known = getattr(oracle, name)(a, b, T)
        assert_allclose(known[[0, -1]], [a, b], atol=1e-14 * m)
        ours = getattr(interpolation, name)(*arguments)
        assert_allclose(ours, known, rtol=1e-6, atol=1e-12)


@given(SEEDS)
def test_a_turn_keeps_the_length_and_the_pace(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 4))
    a, b = 2 * a / np.linalg.norm(a), 2 * b / np.linalg.norm(b)
    path = oracle.spherical(a, b, T)
    assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-12)
    assert_allclose(oracle.max_step_ratio(path), 1, rtol=1e-9)


def test_parallel_latents_are_joined_by_a_line():
    a = np.array([1.0, 2.0])
    for b in (a, 3 * a):
        assert_allclose(oracle.spherical(a, b, T), oracle.linear(a, b, T), rtol=1e-12)
        ours = interpolation.spherical(*(torch.from_numpy(v) for v in (a, b, T)))
        assert_allclose(ours, oracle.linear(a, b, T), rtol=1e-7)
    with pytest.raises(ValueError, match="opposite"):
        oracle.spherical(a, -a, T)
    with pytest.raises(ValueError, match="direction"):
        oracle.spherical(a, 0 * a, T)


@given(arrays(float, (6, 3), elements=st.floats(-100, 100)))
def test_paths(x):
    assume(np.linalg.norm(x[-1] - x[0]) > 1e-3)
    ours = torch.from_numpy(x)
    for name in ("path_length", "detour", "max_step_ratio"):
        known = getattr(oracle, name)(x)
        assert_allclose(getattr(interpolation, name)(ours), known, rtol=1e-12)
    assert oracle.detour(x) >= 1 - 1e-12
    assert 1 - 1e-12 <= oracle.max_step_ratio(x) <= 5 + 1e-9


def test_a_line_and_a_jump():
    line = torch.linspace(0, 1, 11)[:, None] * torch.tensor([3.0, 4.0])
    assert_allclose(interpolation.path_length(line), 5, rtol=1e-6)
    assert_allclose(interpolation.detour(line), 1, rtol=1e-6)
    assert_allclose(interpolation.max_step_ratio(line), 1, rtol=1e-5)
    jump = torch.tensor([[0.0]] * 5 + [[1.0]] * 6)
    assert_allclose(interpolation.max_step_ratio(jump), 10, rtol=1e-6)
    with pytest.raises(ValueError, match="must move"):
        oracle.max_step_ratio(np.ones((3, 2)))
    with pytest.raises(ValueError, match="end where it begins"):
        oracle.detour(np.array([[0.0], [1.0], [0.0]]))


def test_a_run_without_a_model_goes_straight():
    """Codes that are the images: the linear path is the fade, and doubts as the fade does."""
    x = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    run = SimpleNamespace(
        test={"x": x},
        model=SimpleNamespace(code=lambda x: x.expand(2, *x.shape), decode=lambda z: z),
        ensemble=SimpleNamespace(each=lambda f, *own, **shared: f(*own, **shared)),
        class_log_probabilities=lambda images: (5 * images).log_softmax(-1),
    )
    found = interpolation.measure(run)
    assert_allclose(found["linear_step_ratio"].values, [1, 1], rtol=1e-5)
    assert_allclose(found["linear_detour"].values, [1, 1], rtol=1e-5)
    assert_allclose(found["linear_doubt"].values, [1, 1], rtol=1e-5)
    assert min(found["spherical_detour"].values) > 1.01
