"""The optimal critics of the other games, and the generator's divergences there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from reference.theory import optimal_critics as oracle
from reference.theory.divergences import jsd, tv
from reference.theory.kl import kl_categorical
from reference.theory.losses import loss_parts
from tests.strategies import positive_simplex, two_distributions

SHIFT = arrays(float, 5, elements=st.floats(-1, 1))


def judged(p, q, critic, kind):
    """The critic's expected loss on two distributions."""
    return (p * loss_parts(critic, kind, "real") + q * loss_parts(critic, kind, "fake")).sum()


@given(positive_simplex(size=5), positive_simplex(size=5), SHIFT)
def test_least_squares(p, q, shift):
    """No critic does better, and the generator is left half of Pearson's chi-square."""
    best, cost = oracle.lsgan_optimum(p, q)
    assert judged(p, q, best, "lsgan") <= judged(p, q, best + shift, "lsgan") + 1e-15
    assert_allclose(
        judged(p, q, best + shift, "lsgan") - judged(p, q, best, "lsgan"),
        0.5 * ((p + q) * shift**2).sum(),
        rtol=1e-9,
        atol=1e-14,
    )
    _, cost = oracle.lsgan_optimum(p, q, a=-1.0, b=1.0, c=0.0)
    # D* = (p - q) / (p + q) is off by 2 eps at most, so sum (p + q) D*^2 by 8 eps^2 where p and
    # q differ by their last bits.
    atol = 16 * np.finfo(float).eps ** 2
    assert_allclose(2 * cost, ((p - q) ** 2 / (p + q)).sum(), rtol=1e-12, atol=atol)


@given(positive_simplex(size=5), positive_simplex(size=5), SHIFT)
def test_hinge(p, q, shift):
    """Its least loss is 2 (1 - TV), reached at sign(p - q)."""
    best, cost = oracle.hinge_optimum(p, q)
    assert_allclose(judged(p, q, best, "hinge"), cost, rtol=1e-14)
    assert_allclose(cost, 2 * (1 - tv(p, q)), rtol=1e-12, atol=1e-15)
    assert judged(p, q, best + shift, "hinge") >= cost - 1e-15


@given(two_distributions(min_size=2))
def test_the_hinge_loss_is_the_overlap(pair):
    p, q = pair
    assert_allclose(oracle.hinge_optimum(p, q)[1], 2 * (1 - tv(p, q)), rtol=0, atol=5e-15)


@pytest.mark.parametrize("kind", ["minimax", "non_saturating"])
@given(p=positive_simplex(size=4, least=0.05), q=positive_simplex(size=4, least=0.05))
def test_what_the_generator_descends(kind, p, q):
    """2 JSD for minimax and KL(q || p) - 2 JSD for the other, by central differences."""
    gradient = oracle.implicit_divergence_grad(p, q, kind)

    def divergence(q):
        if kind == "minimax":
            return 2 * jsd(p, q)
        return kl_categorical(q, p) - 2 * jsd(p, q)

    h = 1e-6
    for way in np.eye(4) - 0.25:
        known = (divergence(q + h * way) - divergence(q - h * way)) / (2 * h)
        assert_allclose(gradient @ way, known, rtol=1e-6, atol=1e-8)


def test_both_losses_stand_still_at_the_data():
    p = np.array([0.2, 0.3, 0.5])
    for kind in ("minimax", "non_saturating"):
        assert_allclose(oracle.implicit_divergence_grad(p, p, kind), 0, atol=1e-16)


def test_no_overflow_where_densities_are_large():
    best, _ = oracle.lsgan_optimum([1.5e308], [1.5e308])
    assert best.tolist() == [0.5]
