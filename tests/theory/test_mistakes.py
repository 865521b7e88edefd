"""The meaning of a discriminator's outputs: errors, log-likelihoods, probabilities."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from pipeline.objectives import minimax
from reference.theory.divergences import jsd, tv
from reference.theory.losses import gan_losses
from reference.theory.optimal_discriminator import optimal_discriminator
from tests.strategies import logits, positive_simplex, two_distributions


def least_mistakes(p, q):
    """The smallest share of mistakes on equally many real and generated examples, over every
    way to call outcomes real."""
    calls = product((False, True), repeat=len(p))
    return min((p[~np.array(c)].sum() + q[np.array(c)].sum()) / 2 for c in calls)


@given(two_distributions(max_size=6))
def test_nobody_makes_fewer_mistakes_than_half_of_what_is_shared(pair):
    """The least share is (1 - TV) / 2, made by calling real what has D* above one half; it is
    one half, as often right as wrong, where the generator is right."""
    p, q = pair
    least = (1 - tv(p, q)) / 2
    assert_allclose(least_mistakes(p, q), least, atol=1e-15)
    real = optimal_discriminator(p, q, undefined=0.0) > 0.5
    assert_allclose((p[~real].sum() + q[real].sum()) / 2, least, atol=1e-15)
    assert least_mistakes(p, p) == pytest.approx(0.5, abs=1e-15)


@given(st.floats(0.05, 0.9))
def test_the_game_is_not_about_mistakes(share):
    """At every share of mistakes there are two pairs of tables with different divergences: what
    the generator raises is the log loss, which bounds the mistakes from both sides."""
    one = np.array([1.0, 0.0]), np.array([1 - share, share])
    two = (np.array([1 + share, 1 - share]) / 2, np.array([1 - share, 1 + share]) / 2)
    for pair in (one, two):
        assert least_mistakes(*pair) == pytest.approx((1 - share) / 2, abs=1e-15)
    assert jsd(*one) > jsd(*two) * (1 + 0.05 * (1 - share))
    for p, q in (one, two):
        assert tv(p, q) ** 2 / 2 <= jsd(p, q) <= tv(p, q) * np.log(2)


@given(logits(), logits())
def test_the_second_term_is_the_log_probability_of_being_right_about_a_fake(a, b):
    """log(1 - D) is minus the cross-entropy of the true answer, fake: it rises as a fake is
    called fake. V is minus the sum of both cross-entropies, a log-likelihood of the labels."""
    real, fake = (torch.from_numpy(x[: min(len(a), len(b))]) for x in (a, b))
    right = cross_entropy(fake, torch.zeros_like(fake), reduction="none")
    # Torch's cross-entropy adds |a| and takes it away again: 2^-52 |a|, of at most 500, is lost.
    assert_allclose(minimax.generator_loss(fake), -right, rtol=1e-14, atol=2e-13)
    wrong = cross_entropy(fake, torch.ones_like(fake), reduction="none")
    told = fake.abs() > 1e-12
    assert ((right < wrong) == (fake < 0))[told].all()
    both = cross_entropy(real, torch.ones_like(real), reduction="none") + right
    assert_allclose(minimax.discriminator_loss(real, fake), both, rtol=1e-14, atol=4e-13)


@given(logits(50.0), st.floats(-20, 20), positive_simplex(size=3))
def test_a_discriminator_gives_a_probability_and_a_critic_does_not(a, shift, p):
    """D and 1 - D share out one; a critic may be moved by any number and judges the same."""
    x = torch.from_numpy(a)
    assert ((x.sigmoid() >= 0) & (x.sigmoid() <= 1)).all()
    assert_allclose(x.sigmoid() + (-x).sigmoid(), 1, rtol=3e-16)
    critic, _ = gan_losses(a, a[::-1].copy(), "wgan")
    moved, _ = gan_losses(a + shift, a[::-1] + shift, "wgan")
    assert_allclose(moved, critic, atol=1e-13)
