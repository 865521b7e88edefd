"""The rate at which a game approaches its equilibrium: measured, and by linearisation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import spiral
from reference.metrics import spiral as oracle
from reference.theory import dirac_gan

PLACES = arrays(float, 2, elements=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3))
JACOBIANS = arrays(float, (2, 2), elements=st.floats(-2, 2))
STEPS = st.floats(1e-3, 0.5)


@given(PLACES, PLACES, st.integers(1, 10_000))
def test_radius_change(first, last, rounds):
    ours = spiral.radius_change(torch.from_numpy(first), torch.from_numpy(last), rounds)
    known = oracle.radius_change(first, last, rounds)
    assert_allclose(ours, known, rtol=1e-12, atol=1e-14 / rounds)


@given(PLACES, PLACES, st.floats(1e-3, 1e3), st.integers(1, 99))
def test_a_radius_has_no_unit_and_no_angle(first, last, scale, rounds):
    """It knows lengths alone, and how they compare; the other way round it changes sign."""
    value = oracle.radius_change(first, last, rounds)
    far = torch.from_numpy(scale * first[::-1].copy()), torch.from_numpy(-scale * last)
    assert_allclose(spiral.radius_change(*far, rounds), value, rtol=1e-12, atol=1e-13)
    assert_allclose(spiral.radius_change(*far[::-1], rounds), -value, rtol=1e-12, atol=1e-13)


def test_a_radius_whose_square_underflows():
    first, last = torch.tensor([[3e-200, 4e-200], [1.0, 0.0]], dtype=torch.float64)
    assert_allclose(spiral.radius_change(first, last, 10), -np.log(5e-200) / 10, rtol=1e-14)


@given(JACOBIANS, STEPS)
def test_predicted_change(jacobian, rate):
    """By the matrix and by trace and determinant: where two eigenvalues meet, the root of a
    rounding error of 1e-16 is 1e-8."""
    ours = spiral.predicted_change(torch.from_numpy(jacobian), rate)
    assert_allclose(ours, oracle.predicted_change(jacobian, rate), atol=1e-7)


@pytest.mark.parametrize("kind", [kind for kind in dirac_gan.KINDS if kind != "wgan_gp"])
@given(rate=STEPS, gamma=st.floats(0, 2))
def test_predicted_is_what_the_theory_of_the_game_says(kind, rate, gamma):
    known = np.abs(dirac_gan.dirac_update_eigenvalues(kind, rate, gamma)).max()
    predicted = oracle.predicted_change(dirac_gan.dirac_jacobian(kind, gamma), rate)
    assert_allclose(predicted, np.log(known), atol=1e-7)


def test_it_measures_each_replica_from_its_own_start():
    """A game of known ends: a tenth of the radius in 10 rounds, and the same radius, turned."""
    first = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    last = torch.tensor([[0.5, 0.0], [0.0, -1.0]])

    def ensemble(places):
        return SimpleNamespace(each=lambda f: places)

    model = SimpleNamespace(place=None, jacobian=lambda: ((0.0, 1.0), (-1.0, 0.0)))
    run = SimpleNamespace(
        model=model,
        untrained=ensemble(first),
        ensemble=ensemble(last),
        run=SimpleNamespace(train=SimpleNamespace(rounds=10, optimizer=SimpleNamespace(lr=0.1))),
        snapshots=[0, 10],
        at=lambda i: SimpleNamespace(ensemble=ensemble((first, last)[i])),
    )
    found = spiral.measure(run)
    known = [-np.log(10) / 10, 0.0]
    assert_allclose(found["radius_change"].values, known, atol=1e-8)
    assert_allclose(found["predicted"].values, [0, 0], atol=1e-15)
    assert_allclose(found["error"].values, np.abs(known), atol=1e-8)
    assert found["radius_by_round"].rounds == [0, 10]
    assert_allclose(found["radius_by_round"].values, [[5, 0.5], [1, 1]], rtol=1e-7)
    model.jacobian = lambda: None
    assert set(spiral.measure(run)) == {"radius_change", "radius_by_round"}
    assert spiral.measure(run)["radius_change"].reference is None
