"""Wasserstein distances: dual and primal, Gaussians, projections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats

from reference.errors import DomainError, ShapeError
from reference.theory import transport as oracle
from reference.theory.divergences import jsd, tv
from reference.theory.kl import kl_categorical
from tests.strategies import points, positive_simplex, spd


@given(points(max_rows=4, bound=10.0), points(max_rows=4, bound=10.0))
def test_it_is_the_cheapest_plan(x, y):
    """Against a linear programme over all transport plans."""
    x, y = x[:, 0] % 100, y[:, 0] % 100
    cost = np.abs(x[:, None] - y).ravel()
    rows = np.kron(np.eye(len(x)), np.ones(len(y)))
    columns = np.kron(np.ones(len(x)), np.eye(len(y)))
    marginals = np.concatenate([np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))])
    plan = optimize.linprog(cost, A_eq=np.vstack([rows, columns]), b_eq=marginals)
    assert_allclose(oracle.w1_1d(x, y), plan.fun, rtol=1e-9, atol=1e-9)


@given(points(bound=100.0), st.integers(0, 2**32 - 1))
def test_weights_are_repetitions(x, seed):
    x = x[:, 0]
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 4, len(x))
    y, other = rng.standard_normal(5), rng.integers(1, 4, 5)
    known = stats.wasserstein_distance(np.repeat(x, weight), np.repeat(y, other))
    assert_allclose(oracle.w1_1d(x, y, weight, other), known, rtol=1e-12, atol=1e-7)


@given(points(bound=100.0), points(bound=100.0))
def test_what_every_distance_obeys(x, y):
    x, y = x[:, 0], y[:, 0]
    scale = 1e-14 * max(np.abs(x).max(), np.abs(y).max(), 1)
    assert oracle.w1_1d(x, x[::-1].copy()) == 0
    assert abs(oracle.w1_1d(x, y) - oracle.w1_1d(y, x)) <= scale
    assert oracle.w1_1d(x, y) >= abs(x.mean() - y.mean()) - 10 * scale
    assert abs(oracle.w1_1d(2 * x, 2 * y) - 2 * oracle.w1_1d(x, y)) <= 2 * scale


@given(positive_simplex(size=6), positive_simplex(size=6))
def test_the_best_critic_closes_the_gap(p, q):
    """sup over 1-Lipschitz critics = cost of the best plan, and its gradient is sign(G - F)."""
    grid = np.cumsum([0.0, 1.0, 0.5, 2.0, 0.1, 1.0])
    f, gap = oracle.w1_dual_1d(grid, np.cumsum(p), np.cumsum(q))
    assert (np.abs(np.diff(f)) <= np.diff(grid) + 1e-15).all()
    assert_allclose(gap, oracle.w1_1d(grid, grid, p, q), rtol=1e-12, atol=1e-14)
    other = np.minimum(grid, 2.0)
    assert abs((p - q) @ other) <= gap + 1e-14


@given(positive_simplex(size=3), st.floats(1e-3, 5.0), st.floats(1e-3, 5.0))
def test_parallel_lines(p, near, further):
    """A distribution and its copy theta to the right, where they share no point: JSD, TV and KL
    are the same at every theta, and W1 is theta, also as theta goes to 0."""
    x = np.array([0.0, 10.0, 20.0])
    for theta in (near, further, 1e-12, 1e-300):
        support = np.unique(np.concatenate([x, x + theta]))
        seen = np.zeros((2, len(support)))
        for row, points_ in zip(seen, (x, x + theta), strict=True):
            np.add.at(row, np.searchsorted(support, points_), p)
        moved = x + theta - x
        if len(support) == 6:
            assert_allclose(jsd(*seen), np.log(2), rtol=1e-14)
            assert_allclose(tv(*seen), 1, rtol=1e-14)
            assert kl_categorical(*seen) == kl_categorical(*seen[::-1]) == np.inf
        assert_allclose(oracle.w1_1d(x, x + theta, p, p), p @ moved, rtol=1e-9, atol=1e-14)
        assert_allclose(oracle.w1_1d([0.0], [theta]), theta, rtol=1e-15)
    assert jsd(p, p) == tv(p, p) == oracle.w1_1d(x, x, p, p) == 0


@given(st.floats(-5, 5), st.floats(0.01, 5), st.floats(-5, 5), st.floats(0.01, 5))
def test_gaussians_on_the_line(m1, s1, m2, s2):
    value = oracle.wp_gauss([m1], [[s1**2]], [m2], [[s2**2]])
    assert_allclose(value, (m1 - m2) ** 2 + (s1 - s2) ** 2, rtol=1e-9, atol=1e-12)


@given(spd(size=3), spd(size=3), st.integers(0, 1000))
def test_gaussians_in_space(S1, S2, seed):
    """Never negative, symmetric, blind to rotations, and the trace formula where it holds."""
    rng = np.random.default_rng(seed)
    m1, m2 = rng.standard_normal((2, 3))
    q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    value = oracle.wp_gauss(m1, S1, m2, S2)
    scale = np.trace(S1) + np.trace(S2) + ((m1 - m2) ** 2).sum()
    values, vectors = np.linalg.eigh(S1)
    half = (vectors * np.sqrt(values)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ S2 @ half), 0)).sum()
    known = ((m1 - m2) ** 2).sum() + np.trace(S1) + np.trace(S2) - 2 * cross
    assert value >= 0
    assert abs(value - known) <= 1e-7 * scale
    assert abs(value - oracle.wp_gauss(m2, S2, m1, S1)) <= 1e-13 * scale
    turned = oracle.wp_gauss(q @ m1, sym(q @ S1 @ q.T), q @ m2, sym(q @ S2 @ q.T))
    assert abs(value - turned) <= 1e-11 * scale
    assert oracle.wp_gauss(m1, S1, m1, S1) <= 1e-26 * scale


def sym(matrix):
    return (matrix + matrix.T) / 2


def test_projections_average_out():
    """For isotropic X and X + v the mean over directions of |v'u| is what is left."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 2))
    angles = np.pi * np.arange(64) / 64
    directions = np.stack([np.cos(angles), np.sin(angles)], 1)
    v = np.array([3.0, 4.0])
    known = np.abs(directions @ v).mean()
    assert_allclose(oracle.sliced_w1(x, x + v, directions), known, rtol=1e-12)
    assert_allclose(known, 5 * 2 / np.pi, rtol=1e-3)


@pytest.mark.parametrize("bad", [[[2.0, 0.0]], [[0.0, 0.0]]])
def test_directions_have_length_one(bad):
    with pytest.raises(ValueError, match="length of dirs must be 1"):
        oracle.sliced_w1(np.ones((2, 2)), np.ones((2, 2)), bad)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_is_refused(value):
    """A singular value decomposition of it need not end."""
    for name in "AB":
        factors = {"A": np.eye(3), "B": np.eye(3)} | {name: np.full((3, 3), value)}
        with pytest.raises(DomainError, match=f"{name} must be finite"):
            oracle.procrustes(**factors)
    with pytest.raises(ShapeError, match="shapes differ"):
        oracle.procrustes(np.eye(2), np.eye(3))
