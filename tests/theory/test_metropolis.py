"""Metropolis chains cross an energy barrier once in about e^barrier steps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reference.theory.diagnostics import metropolis_gap


def wells(barrier, states):
    """Two wells of depth 0 with a hill of this height between them, at an odd number of states."""
    return barrier * np.sin(np.linspace(0, np.pi, states)) ** 2


def flux_bound(U):
    """The gap's upper bound by the indicator of one well: flow over the hill by both masses.

    gap <= Q(A, not A) / (pi(A) pi(not A)), Q one half of the smaller of two neighbours' masses.
    """
    mass = np.exp(-U) / np.exp(-U).sum()
    half = len(U) // 2
    left = mass[:half].sum()
    return 0.5 * min(mass[half - 1], mass[half]) / (left * (1 - left))


@given(st.floats(0, 25), st.integers(1, 10).map(lambda n: 2 * n + 1))
def test_no_gap_is_wider_than_the_flow_over_the_hill(barrier, states):
    """Variational: the gap is the least of the Rayleigh quotients, and this is one of them."""
    U = wells(barrier, states)
    # The eigenvalue is known to 1e-15, whatever the size of the gap.
    assert metropolis_gap(U) <= flux_bound(U) * (1 + 1e-9) + 1e-13


def test_the_gap_closes_exponentially():
    """From a barrier of 6 upward each further unit costs a factor e."""
    gaps = [metropolis_gap(np.array([0.0, b, 0.0])) for b in np.arange(6.0, 15.0)]
    assert_allclose(np.diff(np.log(gaps)), -1, atol=0.01)
