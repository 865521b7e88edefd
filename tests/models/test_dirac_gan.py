"""The Dirac-GAN, trained by the engine, moves as the theory of its steps predicts."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models.dirac_gan import Model
from reference.theory import dirac_gan as oracle

FREE = ("minimax", "non_saturating", "wgan", "lsgan", "hinge", "relativistic")
REGULARISED = ("r1", "r2", "consensus", "instance_noise")
STEPS, WEIGHTS = st.floats(1e-3, 0.5), st.floats(0.05, 1.0)


def played(kind, h, rounds, gamma=0.5, start=0.1, seeds=range(4)):
    """The places of every replica before the first round and after each, (R, rounds + 1, 2)."""
    ensemble = Ensemble(Model(features=1, objective=kind, gamma=gamma, start=start), seeds)
    training = Training(ensemble, {"x": torch.zeros(1, 1)}, 1, optimizer("sgd", lr=h))
    places = [ensemble.each(ensemble.model.place)]
    for played in range(rounds):
        next(training.play(played + 1))
        places.append(ensemble.each(ensemble.model.place))
    return torch.stack(places, dim=1).numpy()


def fitted(paths):
    """Eigenvalues of the linear map that takes each place to the next, by increasing angle."""
    before, after = paths[:, :-1].reshape(-1, 2), paths[:, 1:].reshape(-1, 2)
    values = np.linalg.eigvals(np.linalg.lstsq(before, after, rcond=None)[0].T)
    return values[np.lexsort([values.real, values.imag])]


@pytest.mark.parametrize("kind", oracle.KINDS)
def test_a_path_of_the_engine_is_the_oracles(kind, double):
    """Far from the equilibrium too, where the field bends.

    Three nodes average g(z) to g^(6) 3! / 6!. Here g = s z D(psi s z), where s is 1/2 and |psi| is
    below 1/2, so that g^(6) is at most 6 (1/4)^5 / 8: an error of 6e-6 for data and again for
    samples, and 60 rounds of 0.1 add up 6 of both.
    """
    paths = played(kind, 0.1, 60, start=0.3)
    assert np.abs(paths[..., 1]).max() < (2 if kind == "wgan_gp" else 0.5)
    for path in paths:
        known = oracle.dirac_gan(kind, 0.1, 60, 0.5, "alternating", path[0])
        assert_allclose(path, known, atol=7.5e-5 if kind == "instance_noise" else 1e-13)


@pytest.mark.parametrize("kind", FREE + REGULARISED)
def test_a_round_of_the_engine_has_the_eigenvalues_of_the_theory(kind, double):
    """What bends is of third order: at 1e-4 from the equilibrium 1e-8 of what does not, and a
    tenth of that in a step of 0.1. A pair of eigenvalues that lie d apart moves by about 1 / d of
    an error of the map; here d > 0.08, so the fit is good to 1e-6 and much better.
    """
    known = oracle.dirac_update_eigenvalues(kind, 0.1, 0.5)
    assert_allclose(fitted(played(kind, 0.1, 5, start=1e-4)), known, atol=1e-6)


@pytest.mark.parametrize("kind", FREE + REGULARISED)
@pytest.mark.parametrize("order", oracle.ORDERS)
def test_a_round_of_the_oracle_has_them_in_either_order(kind, order):
    starts = 1e-4 * np.array([(1.0, 0.0), (0.0, 1.0), (1.0, -1.0)])
    paths = np.stack([oracle.dirac_gan(kind, 0.1, 5, 0.5, order, start) for start in starts])
    known = oracle.dirac_update_eigenvalues(kind, 0.1, 0.5, order)
    assert_allclose(fitted(paths), known, atol=1e-6)


@given(STEPS, WEIGHTS)
def test_only_a_regulariser_makes_the_radius_shrink(h, gamma):
    """Alternating steps go round, simultaneous ones go away; a regulariser turns both inwards,
    simultaneous ones where they are short enough for it."""
    for kind in FREE:
        around = np.abs(oracle.dirac_update_eigenvalues(kind, h, gamma))
        away = np.abs(oracle.dirac_update_eigenvalues(kind, h, gamma, "simultaneous"))
        assert_allclose(around, 1, rtol=1e-13)
        assert (away > 1).all()
    for kind in REGULARISED:
        assert np.abs(oracle.dirac_update_eigenvalues(kind, h, gamma)).max() < 1
        short = min(h, gamma**2)
        inwards = oracle.dirac_update_eigenvalues(kind, short, gamma, "simultaneous")
        assert np.abs(inwards).max() < 1


@pytest.mark.parametrize("kind", oracle.KINDS)
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_its_jacobian_is_the_oracles(kind, gamma):
    ours = Model(features=1, objective=kind, gamma=gamma).jacobian()
    if kind == "wgan_gp":
        assert ours is None
    else:
        assert_allclose(ours, oracle.dirac_jacobian(kind, gamma), rtol=1e-15)


def test_where_2000_rounds_from_1_1_end():
    """Minimax goes round, the non-saturating loss creeps in, Wasserstein's simultaneous game
    leaves, and R1 arrives: distances from the equilibrium at a step of 0.1."""
    ends = {
        kind: np.hypot(*oracle.dirac_gan(kind, 0.1, 2000, 1.0, order)[-1])
        for kind, order in (
            ("minimax", "alternating"),
            ("non_saturating", "alternating"),
            ("wgan", "simultaneous"),
            ("r1", "alternating"),
        )
    }
    assert_allclose(ends["minimax"], 1.376, atol=5e-4)
    assert_allclose(ends["non_saturating"], 0.200, atol=5e-4)
    assert_allclose(ends["wgan"], np.sqrt(2) * 1.01**1000, rtol=1e-9)
    assert ends["r1"] < 1e-13


def test_replicas_start_apart_and_as_far_as_they_are_told(double):
    """400 pairs: the mean square of normal numbers is their variance to 4.5 (2 / 800)^(1/2)."""
    start = played("wgan", 0.1, 0, start=0.1, seeds=range(400))[:, 0]
    assert len(np.unique(start)) == 800
    assert abs((start**2).mean() / 0.01 - 1) < 4.5 * np.sqrt(2 / 800)
