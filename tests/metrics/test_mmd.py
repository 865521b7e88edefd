"""Kernel distances are unbiased, without clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.spatial import distance

from reference.errors import DomainError, ShapeError
from reference.metrics import kid, mmd
from tests.strategies import points


def test_unbiased_and_biased_differ_by_the_diagonal():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 2)), rng.standard_normal((9, 2))
    k = mmd.gaussian_kernel
    full = mmd.mmd2_biased(x, y)
    fair = mmd.mmd2_unbiased(x, y)
    known = (1 - k(x, x).mean()) / 5 + (1 - k(y, y).mean()) / 8
    assert_allclose(full - fair, known, rtol=1e-12)


def test_it_is_unbiased():
    """3,000 pairs of samples of N(0, 1) and N(1/2, 1): the mean is the closed form, |z| < 4.5.

    E k(x, y) for x - y ~ N(m, 2) and a kernel of width 1 is exp(-m^2 / 6) / sqrt(3).
    """
    rng = np.random.default_rng(0)
    values = [
        mmd.mmd2_unbiased(rng.standard_normal((5, 1)), 0.5 + rng.standard_normal((7, 1)))
        for _ in range(3000)
    ]
    known = 2 / np.sqrt(3) * (1 - np.exp(-0.25 / 6))
    assert abs(np.mean(values) - known) < 4.5 * np.std(values) / np.sqrt(3000)
    assert min(values) < 0


def test_a_far_origin_does_not_matter():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 8, 3))
    assert_allclose(mmd.mmd2_unbiased(x + 1e4, y + 1e4), mmd.mmd2_unbiased(x, y), atol=1e-10)


def test_kernel_inception_distance():
    """A mean of blocks of the cubic kernel, pair by pair, with its standard error."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 3)), rng.standard_normal((12, 3)) + 0.2

    def block(a, b):
        def cube(u, v):
            return (u @ v / 3 + 1) ** 3

        n = len(a)
        inner = sum(cube(s[i], s[j]) for s in (a, b) for i in range(n) for j in range(n) if i != j)
        cross = sum(cube(u, v) for u in a for v in b)
        return inner / (n * (n - 1)) - 2 * cross / n**2

    parts = [block(x[i : i + 4], y[i : i + 4]) for i in (0, 4, 8)]
    mean, error = kid.kid(x, y, 3)
    assert_allclose(mean, np.mean(parts), rtol=1e-12)
    assert_allclose(error, np.std(parts, ddof=1) / np.sqrt(3), rtol=1e-12)
    assert np.isnan(kid.kid(x, y)[1])
    with pytest.raises(ValueError, match="blocks must leave two rows each"):
        kid.kid(x, y, 7)


def test_kernels_are_their_definitions():
    """Row by column, at a width other than 1, for samples of unequal size."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 3)), rng.standard_normal((6, 3))
    square = distance.cdist(x, y, "sqeuclidean")
    assert_allclose(mmd.gaussian_kernel(x, y, 0.7), np.exp(-square / 0.98), rtol=1e-12)
    assert_allclose(mmd.gaussian_kernel(x, y), np.exp(-square / 2), rtol=1e-12)
    known = np.array(
        [[(1 + sum(u * v for u, v in zip(a, b, strict=True)) / 3) ** 3 for b in y] for a in x]
    )
    assert_allclose(kid.cubic_kernel(x, y), known, rtol=1e-12)


def test_one_example_each_is_enough_for_the_biased_form():
    assert_allclose(mmd.mmd2_biased([[0.0]], [[1.0]]), 2 - 2 * np.exp(-0.5), rtol=1e-14)
    with pytest.raises(ValueError, match="x must have at least 2 rows"):
        mmd.mmd2_unbiased([[0.0]], [[1.0], [2.0]])


def test_two_examples_a_block_are_enough():
    """Both forms at their least number of examples; the smaller sample decides."""
    x, y = np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]])
    cross = np.exp(-np.array([4, 9, 1, 4]) / 2).mean()
    assert_allclose(mmd.mmd2_unbiased(x, y), 2 * np.exp(-0.5) - 2 * cross, rtol=1e-13)
    long = np.arange(8.0)[:, None]
    mean, error = kid.kid(long[:4], long, 2)
    assert np.isfinite([mean, error]).all()
    for short, other in ((long[:4], long), (long, long[:4])):
        with pytest.raises(ValueError, match="blocks must leave two rows each"):
            kid.kid(short, other, 3)
    with pytest.raises(ValueError, match="x must have at least 2 rows"):
        kid.kid([[0.0]], x)


@given(points(width=2, min_rows=2, bound=100.0), st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_the_biased_form_is_a_squared_distance(x, bandwidth, seed):
    """Never below 0: of a sample and itself in another order, or with rows twice, it is 0."""
    rng = np.random.default_rng(seed)

    def kernel(a, b):
        return mmd.gaussian_kernel(a, b, bandwidth)

    for y in (x[rng.permutation(len(x))], np.repeat(x, 3, 0)):
        assert 0 <= mmd.mmd2_biased(x, y, kernel) <= 1e-15
        assert 0 <= mmd.mmd2_biased(y, x, kernel) <= 1e-15


@pytest.mark.parametrize("kernel", [mmd.gaussian_kernel, kid.cubic_kernel])
def test_a_kernel_of_other_widths_is_refused(kernel):
    with pytest.raises(ShapeError, match=r"x \(3, 2\) and y \(3, 1\) differ"):
        kernel(np.ones((3, 2)), np.ones((3, 1)))
    for bandwidth in (0.0, -1.0, np.nan):
        with pytest.raises(DomainError, match="bandwidth must be"):
            mmd.gaussian_kernel([[0.0]], [[1.0]], bandwidth)
