"""The Torch error to the partner and its maps are the oracle's; what stands beside a model."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import partner_error
from reference.metrics import partner_error as oracle

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, n=9, d=3, e=4):
    """Pairs and inputs, with a column of x that is constant, as the border of a digit is."""
    rng = np.random.default_rng(seed)
    x, y, z = (rng.standard_normal(shape) for shape in ((n, d), (n, e), (5, d)))
    x[:, 0] = 2.0
    return x, y, z


@given(SEEDS)
def test_values(seed):
    arrays = drawn(seed)
    torches = [torch.from_numpy(array) for array in arrays]
    y = arrays[1]
    for name in ("affine_map", "nearest_partner"):
        ours, known = getattr(partner_error, name)(*torches), getattr(oracle, name)(*arrays)
        assert_allclose(ours, known, rtol=1e-7, atol=1e-9)
    made = y[:, ::-1].copy()
    ours = partner_error.partner_error(torches[1], torch.from_numpy(made))
    assert_allclose(ours, oracle.partner_error(y, made), rtol=1e-13)


@given(SEEDS)
def test_the_affine_map_is_the_best(seed):
    """No other map has a smaller sum of squares over the pairs, and an affine one is found."""
    x, y, _ = drawn(seed)
    rng = np.random.default_rng(seed)
    W, b = rng.standard_normal((3, 4)), rng.standard_normal(4)
    best = oracle.partner_error(y, oracle.affine_map(x, y, x))
    assert best <= oracle.partner_error(y, x @ W + b) + 1e-12
    assert_allclose(oracle.affine_map(x, x @ W + b, x), x @ W + b, rtol=1e-9, atol=1e-9)


def run(**methods):
    """Digits of four pixels by four; the partner of each is its mirror image."""
    rng = torch.Generator().manual_seed(0)
    train, test = torch.randn(60, 16, generator=rng), torch.randn(10, 16, generator=rng)
    return SimpleNamespace(
        train={"x": train, "partner": train.flip(-1)},
        test={"x": test, "partner": test.flip(-1)},
        dataset=SimpleNamespace(shape=(4, 4)),
        model=SimpleNamespace(**methods),
        ensemble=SimpleNamespace(
            each=lambda f, x: torch.stack([f("right", x), f("wrong", x)]),
        ),
    )


def test_a_run_is_held_to_its_partners():
    """The first replica mirrors, the second hands on what it was given: both are exact inverses
    of themselves, and only one is right."""

    def mirror(net, x):
        return x.flip(-1) if net == "right" else x

    there = run(translate=mirror)
    found = partner_error.measure(there)
    x, y = there.test["x"], there.test["partner"]
    assert_allclose(found["error"].values, [0, (x - y).square().sum(-1).mean()], rtol=1e-6)
    assert_allclose(found["error"].reference, 0, atol=1e-20)  # a mirror is linear
    assert f"x itself: {found['error'].values[1]:.4g}" in found["error"].reference_is
    assert_allclose(found["sharpness"].values, [1, 1], rtol=1e-6)
    assert set(found) == {"error", "sharpness"}
    both = partner_error.measure(run(translate=mirror, translate_back=mirror))
    assert_allclose(both["cycle"].values, [0, 0], atol=1e-12)
    assert_allclose(both["error_back"].values, found["error"].values, rtol=1e-6)


def test_the_way_back_is_the_other_way():
    """There the image is doubled, back it is halved: errors are those of each map alone."""
    both = run(translate=lambda net, x: 2 * x, translate_back=lambda net, x: x / 2)
    both.test["partner"], both.train["partner"] = 2 * both.test["x"], 2 * both.train["x"]
    found = partner_error.measure(both)
    for name in ("error", "error_back", "cycle"):
        assert_allclose(found[name].values, [0, 0], atol=1e-12)
    assert_allclose(found["sharpness_back"].values, [1, 1], rtol=1e-6)


def test_optimal_transport_of_halves_finds_a_shift_without_pairs():
    """Clusters far apart, all moved by the same small step: the nearest cluster is the right one,
    and what is left is the spread inside."""
    rng = torch.Generator().manual_seed(1)
    x = 20 * torch.eye(4).repeat_interleave(10, 0) + 0.01 * torch.randn(40, 4, generator=rng)
    y = x + 1
    made = partner_error._transported(x.double(), y.double(), x.double())
    assert (made - y).abs().max() < 0.1
