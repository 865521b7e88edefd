"""Generative and discriminative models, supervision and sampling."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.objectives import minimax, non_saturating
from reference.theory import dice, tables
from tests.strategies import positive_simplex

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_a_model_learned_with_labels_can_be_generative(seed):
    """Two Gaussians with one covariance: their joint distribution gives a logistic P(y | x)."""
    rng = np.random.default_rng(seed)
    means, root = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    cov = root @ root.T + np.eye(3)
    prior = rng.dirichlet(np.ones(2) * 5)
    x = rng.normal(size=3)
    likelihood = [stats.multivariate_normal.pdf(x, m, cov) for m in means]
    posterior = tables.bayes_rule(prior, likelihood)[1]
    gradient = np.linalg.solve(cov, means[1] - means[0])
    offset = np.log(prior[1] / prior[0]) - gradient @ (means[0] + means[1]) / 2
    assert_allclose(posterior, 1 / (1 + np.exp(-gradient @ x - offset)), rtol=1e-9)


@given(seeds, st.sampled_from((0.3, 0.7, 1.5, 3.0)))
def test_decisions_need_only_the_boundary_and_probabilities_more(seed, power):
    """p^a / (p^a + q^a) decides as p does, and pays a higher log loss, for a other than 1."""
    p = np.random.default_rng(seed).uniform(0.01, 0.99, 50)
    bent = p**power / (p**power + (1 - p) ** power)
    assert ((bent > 0.5) == (p > 0.5))[np.abs(p - 0.5) > 1e-9].all()
    gain = p * np.log(p / bent) + (1 - p) * np.log((1 - p) / (1 - bent))
    assert (gain >= -1e-12).all()
    assert gain.max() > 1e-4


@given(seeds)
def test_what_decides_the_label_does_not_give_the_data(seed):
    """Two joint distributions with one P(y | x), other P(x | y): labels alone cannot tell them."""
    rng = np.random.default_rng(seed)
    decides = rng.dirichlet(np.ones(2), 3)  # P(y | x)
    even, other = np.full(3, 1 / 3), np.array([0.7, 0.2, 0.1])
    joints = [tables.joint_from_conditionals(p, decides) for p in (even, other)]
    for joint in joints:
        assert_allclose(joint / joint.sum(1, keepdims=True), decides, rtol=1e-12)
    first, second = (joint / joint.sum(0) for joint in joints)  # P(x | y)
    assert np.abs(first - second).max() > 0.01


@given(
    positive_simplex(size=2, least=0.05), st.tuples(*[positive_simplex(size=3, least=0.05)] * 2)
)
def test_a_label_and_then_its_data_are_draws_of_both(prior, given_y):
    """y of P(y), then x of P(x | y), each by its own uniform number: of a lattice of n by n pairs
    of such numbers the shares are those of the joint table to 2 / n, whatever the tables."""
    n = 200
    u = (np.arange(n) + 0.5) / n
    counts = np.zeros((2, 3))
    for y in dice.inverse_cdf_sample(u, prior):
        counts[y] += dice.frequencies(dice.inverse_cdf_sample(u, given_y[y]), 3) / n
    expected = tables.joint_from_conditionals(prior, np.stack(given_y))
    assert_allclose(counts, expected, atol=2 / n)
    assert_allclose(counts.sum(1), prior, atol=1 / n)
    for y in range(2):
        assert_allclose(counts[y] / counts[y].sum(), given_y[y], atol=1 / n)


@given(seeds)
def test_the_minimax_game_is_zero_sum_and_the_non_saturating_is_not(seed):
    """What one player's logits of generated data win, the other loses; without log(1 - D) not."""
    a = torch.from_numpy(np.random.default_rng(seed).normal(0, 3, (2, 20)))
    real = torch.zeros(20, dtype=torch.float64)
    judge = [minimax.discriminator_loss(real, fake) for fake in a]
    zero_sum = [minimax.generator_loss(fake) + loss for fake, loss in zip(a, judge, strict=True)]
    torch.testing.assert_close(zero_sum[0], zero_sum[1], rtol=1e-12, atol=1e-12)
    other = [
        non_saturating.generator_loss(fake) + loss for fake, loss in zip(a, judge, strict=True)
    ]
    assert (other[0] - other[1]).abs().max() > 1e-3


@given(seeds, st.floats(0.05, 3))
def test_a_draw_of_the_likelihood_is_farther_than_its_mean(seed, deviation):
    """E |x - x'|^2 = |x - mean|^2 + d s^2 for x' ~ N(mean, s^2 I): what is shown is the mean.

    10,000 draws: the error of their mean is below six of its standard errors.
    """
    rng = np.random.default_rng(seed)
    x, mean = rng.normal(size=(2, 5))
    draws = mean + deviation * rng.normal(size=(10_000, 5))
    squares = ((x - draws) ** 2).sum(1)
    expected = ((x - mean) ** 2).sum() + 5 * deviation**2
    assert abs(squares.mean() - expected) < 6 * stats.sem(squares)
