"""Change of variables: determinants, inverses, and densities that integrate to one."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from reference.errors import DomainError
from reference.quadrature import gauss_legendre
from reference.theory import flows as oracle
from tests.strategies import spd

POINT = arrays(float, 3, elements=st.floats(-3, 3))
SEEDS = st.integers(0, 2**32 - 1)


def net(seed, inputs, outputs):
    A, B = np.random.default_rng(seed).standard_normal((2, outputs, inputs))
    return lambda h: (np.tanh(h @ A.T), h @ B.T)


def log_jacobian(f, x, h=1e-5):
    """log |det df/dx| by central differences."""
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))]
    return np.linalg.slogdet(np.stack(columns, 1))[1]


@given(POINT, SEEDS)
def test_coupling(x, seed):
    f = net(seed, 1, 2)
    y, logdet = oracle.affine_coupling_forward(x, f)
    back, minus = oracle.affine_coupling_inverse(y, f)
    assert_allclose(back, x, atol=1e-12)
    assert_allclose(logdet, -minus, rtol=1e-14)
    known = log_jacobian(lambda x: oracle.affine_coupling_forward(x, f)[0], x)
    assert_allclose(logdet, known, atol=1e-7)


@given(POINT, arrays(float, (2, 3), elements=st.floats(-3, 3)), st.floats(-2, 2))
def test_planar(z, wu, b):
    """Invertible for every u: its determinant is positive."""
    w, u = wu
    if np.abs(w).max() < 1e-2:
        return
    _, logdet = oracle.planar(z, w, u, b)
    assert np.isfinite(logdet)
    known = log_jacobian(lambda z: oracle.planar(z, w, u, b)[0], z)
    assert_allclose(logdet, known, atol=1e-5)


@given(POINT, POINT, POINT, SEEDS)
def test_scaling_and_mixing(x, s, t, seed):
    y, logdet = oracle.actnorm(x, s, t)
    assert_allclose(logdet, log_jacobian(lambda x: oracle.actnorm(x, s, t)[0], x), atol=1e-6)
    W = np.random.default_rng(seed).standard_normal((3, 3))
    y, logdet = oracle.inv1x1(x, W)
    assert_allclose(np.linalg.solve(W, y), x, atol=1e-6)
    assert_allclose(logdet, np.log(abs(np.linalg.det(W))), rtol=1e-9, atol=1e-9)


def test_a_flow_is_a_density():
    """Two couplings and a scaling of a plane: its density integrates to one on a grid."""
    first, second = net(1, 1, 1), net(2, 1, 1)

    def swap(x):
        return x[..., ::-1], np.zeros(x.shape[:-1])

    layers = [
        lambda x: oracle.affine_coupling_inverse(x, first),
        swap,
        lambda x: oracle.affine_coupling_inverse(x, second),
        lambda x: oracle.actnorm(x, [0.2, -0.1], [0.3, 0.0]),
    ]
    node, weight = gauss_legendre(np.linspace(-40, 40, 81), 8)
    grid = np.stack(np.meshgrid(node, node, indexing="ij"), -1)
    total = np.einsum("i,j,ij->", weight, weight, np.exp(oracle.flow_logprob(grid, layers)))
    assert_allclose(total, 1, rtol=1e-6)


def test_an_affine_flow_is_a_gaussian():
    s, t = np.array([0.3, -0.2]), np.array([1.0, 2.0])
    x = np.array([[0.5, 2.5], [-1.0, 0.0]])
    ours = oracle.flow_logprob(x, [lambda x: oracle.actnorm(x - t, -s, 0.0)])
    assert_allclose(ours, stats.norm.logpdf(x, t, np.exp(s)).sum(1), rtol=1e-12)


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=4).map(np.array))
def test_pushing_a_line(z):
    """exp of a normal is log-normal; where g contracts, the density is higher than before."""
    x = np.exp(z)
    ours = oracle.pushforward_1d(x, stats.norm.logpdf, np.exp, np.exp, -30.0, 30.0)
    assert_allclose(ours, stats.lognorm.logpdf(x, 1.0), rtol=1e-9, atol=1e-9)
    higher = ours > stats.norm.logpdf(z)
    assert (higher[np.abs(z) > 1e-6] == (np.exp(z) < 1)[np.abs(z) > 1e-6]).all()


@given(spd(size=3, condition=2.0), POINT, POINT)
def test_rosenblatt_makes_uniform(cov, point, mean):
    """The density of u is p(x) / |det du/dx|: 1 at every point, of any Gaussian. Each u_i rises
    with x_i from 0 to 1 and depends on x_1 ... x_i alone, so that the map has an inverse, which
    carries uniform numbers to that Gaussian."""
    factor = np.linalg.cholesky(cov)
    x = mean + factor @ point  # within three deviations, where differences can see a density

    def u(x):
        return oracle.rosenblatt(x, mean, cov)

    step = 1e-5 * np.sqrt(np.diag(cov)).min()
    jacobian = np.stack([(u(x + step * e) - u(x - step * e)) / (2 * step) for e in np.eye(3)], 1)
    assert_allclose(np.triu(jacobian, 1), 0, atol=1e-12)
    assert (np.diag(jacobian) > 0).all()
    known = stats.multivariate_normal(mean, cov).logpdf(x)
    assert_allclose(np.log(np.diag(jacobian)).sum(), known, atol=1e-5)
    back = mean + factor @ stats.norm.ppf(u(x))
    assert_allclose(back, x, rtol=1e-8, atol=1e-8)
    for i, e in enumerate(np.eye(3)):
        far = 50 * np.sqrt(cov[i, i]) * e
        assert u(x - far)[i] < 1e-9
        assert u(x + far)[i] > 1 - 1e-9


def test_what_cannot_be_inverted_is_refused():
    with pytest.raises(ValueError, match="at least two features"):
        oracle.affine_coupling_forward([1.0], net(0, 1, 1))
    with pytest.raises(ValueError, match="W must not be singular"):
        oracle.inv1x1([1.0, 1.0], [[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match="s must be finite"):
        oracle.affine_coupling_forward([1.0, 1.0], lambda h: (h * np.inf, h))
    with pytest.raises(ValueError, match="w must not be zero"):
        oracle.planar([1.0], [0.0], [1.0], 0.0)


FEW = arrays(float, 2, elements=st.floats(-40, 40).map(lambda x: round(x, 3)))


@given(FEW.filter(lambda w: np.abs(w).max() > 1e-3), FEW, FEW, st.floats(-5, 5))
def test_a_planar_map_keeps_the_digits_of_its_determinant(w, u, z, b):
    """log( 1 + (1 - tanh^2 a) m ) with m = log(1 + e^w'u) - 1 in 1,500 digits, a as it is rounded:
    near w'u = -60 the determinant is e^-60, of which 1 + m has nothing left."""
    a = z @ w + b
    x, logdet = oracle.planar(z, w, u, b)
    with mp.workdps(1500):
        along = mp.fsum(mp.mpf(float(i)) * mp.mpf(float(j)) for i, j in zip(w, u, strict=True))
        m, h = mp.log1p(mp.exp(along)) - 1, mp.tanh(mp.mpf(float(a)))
        known = mp.log1p((1 - h**2) * m)
        square = mp.fsum(mp.mpf(float(i)) ** 2 for i in w)
        moved = [
            float(
                mp.mpf(float(k)) + h * (mp.mpf(float(j)) + (m - along) * mp.mpf(float(i)) / square)
            )
            for i, j, k in zip(w, u, z, strict=True)
        ]
    size = np.abs(w) @ np.abs(u)
    assert_allclose(logdet, float(known), rtol=1e-13, atol=4e-16 * (1 + size))
    assert_allclose(x, moved, rtol=1e-12, atol=1e-13 * (1 + size / np.abs(w).max()))


def test_a_planar_map_at_the_ends_of_the_numbers():
    """w'w over- and underflows while the map is a map; w'u may not."""
    for scale in (1e200, 1e-200):
        x, logdet = oracle.planar([0.3 / scale], [scale], [2 / scale], 0.1)
        known, same = oracle.planar([0.3], [1.0], [2.0], 0.1)
        assert_allclose(x * scale, known, rtol=1e-14)
        assert_allclose(logdet, same, rtol=1e-14)
    with pytest.raises(DomainError, match="u must be such that its product with w"):
        oracle.planar([0.0], [1e200], [1e200], 0.0)
    with pytest.raises(DomainError, match="z must be such that its product with w"):
        oracle.planar([1e300], [1e300], [0.0], 0.0)
