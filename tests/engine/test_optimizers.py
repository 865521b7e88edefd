"""The optimizers of the engine are the textbook formulas, element by element."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.engine.optimizers import optimizer
from reference.nn import optimizers as oracle

SETTINGS = [
    ("sgd", {"lr": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.9}),
    ("adam", {"lr": 0.1}),
    ("adam", {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}),
]
EACH = pytest.mark.parametrize(("name", "arguments"), SETTINGS)
SHAPES = ((2, 5), (2, 1))


def begun(name, arguments, seed=0):
    rng = torch.Generator().manual_seed(seed)
    weights = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in SHAPES]
    return weights, optimizer(name, **arguments)(weights), rng


def gradients(rng):
    return [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in SHAPES]


@EACH
@given(seed=st.integers(0, 2**32), scales=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_each_step_is_the_oracle_s(name, arguments, seed, scales):
    """Two lists of weights, and a learning-rate scale that changes from step to step.

    A step adds a handful of terms of size 1, each rounded to 1e-16.
    """
    weights, ours, rng = begun(name, arguments | {"scale": lambda played: scales[played]}, seed)
    known, states = [w.numpy().copy() for w in weights], [None, None]
    for played, scale in enumerate(scales):
        downhill = gradients(rng)
        ours.step(downhill, played)
        settings = {**arguments, "lr": arguments["lr"] * scale}
        for i, gradient in enumerate(downhill):
            step = oracle.STEPS[name](known[i], gradient.numpy(), states[i], **settings)
            known[i], states[i] = step
            assert_allclose(weights[i], known[i], rtol=1e-12, atol=1e-13)


@EACH
def test_what_it_remembers_is_all_that_it_needs_to_go_on(name, arguments):
    weights, ours, rng = begun(name, arguments)
    for _ in range(3):
        ours.step(gradients(rng))
    copies = [w.clone() for w in weights]
    again = optimizer(name, **arguments)(copies)
    assert again.state().keys() == ours.state().keys()
    for key, tensor in again.state().items():
        tensor.copy_(ours.state()[key])
    for _ in range(3):
        downhill = gradients(rng)
        ours.step(downhill)
        again.step(downhill)
    assert all(map(torch.equal, weights, copies))


@EACH
def test_no_step_looks_across_elements(name, arguments):
    """Element 3 of the first list moves as it would alone."""
    weights, ours, rng = begun(name, arguments)
    one = weights[0].flatten()[3:4].clone()
    alone = optimizer(name, **arguments)([one])
    for _ in range(5):
        downhill = gradients(rng)
        ours.step(downhill)
        alone.step([downhill[0].flatten()[3:4].clone()])
    np.testing.assert_allclose(weights[0].flatten()[3], one[0], rtol=1e-14)
