"""The conditions of proposition 2: enough steps, support, and a convex space."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats

from reference.quadrature import gaussian_breaks
from reference.theory.simplex import prop2_eg
from reference.theory.value_function import criterion_C, criterion_C_quad
from tests.strategies import positive_simplex

LOG_4 = np.log(4.0)


def test_steps_that_always_improve_can_stop_on_the_way():
    """Steps of 1/4, 1/8, 1/16 ... lower C every time and end at (.739, .261), C = -1.325."""
    p, q = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    criteria = [criterion_C(p, q)]
    for t in range(20):
        q = prop2_eg(p, q, 0.25 * 0.5**t, 1)
        criteria.append(criterion_C(p, q))
    assert (np.diff(criteria) < 0).all()
    assert_allclose(prop2_eg(p, q, 0.25 * 0.5**20, 20), q, atol=1e-5)
    assert_allclose(q, [0.739, 0.261], atol=1e-3)
    assert_allclose(criteria[-1], -1.325, atol=1e-3)
    assert criteria[-1] > -LOG_4 + 0.05


@given(
    positive_simplex(size=5), positive_simplex(size=5), positive_simplex(size=5), st.floats(0, 1)
)
def test_the_criterion_is_convex_in_what_is_generated(p, one, two, share):
    middle = criterion_C(p, share * one + (1 - share) * two)
    assert middle <= share * criterion_C(p, one) + (1 - share) * criterion_C(p, two) + 1e-14


def test_in_the_parameters_it_is_not():
    """Data at -4 and at 4, a generator N(theta, 1): two minima, far from -log 4, and a hill
    between them, from which no step downhill crosses."""

    def data(x):
        return np.logaddexp(stats.norm.logpdf(x, -4), stats.norm.logpdf(x, 4)) - np.log(2)

    def criterion(theta):
        breaks = gaussian_breaks([-4.0, 4.0, theta], [1.0, 1.0, 1.0])
        return criterion_C_quad(data, lambda x: stats.norm.logpdf(x, theta), breaks)

    ends = [
        optimize.minimize_scalar(criterion, bounds=bounds, method="bounded")
        for bounds in ((-6, -2), (2, 6))
    ]
    assert_allclose([end.x for end in ends], [-4, 4], atol=0.05)
    assert_allclose([end.fun for end in ends], -0.955, atol=1e-3)
    assert criterion(0.0) > ends[0].fun + 0.5
