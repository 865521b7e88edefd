"""A die and the rules of probability, by enumeration and by throwing."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from reference.theory import dice, sample_mean, tables
from reference.theory.kl import kl_categorical
from tests.strategies import positive_simplex, simplex, spd

POINTS = arrays(float, (4, 2), elements=st.floats(-9, 9))


def test_a_fair_die():
    p = dice.fair_die()
    assert_allclose(np.exp(dice.log_pmf(np.arange(6), p)), 1 / 6, rtol=1e-15)
    assert_allclose(dice.die_entropy(p), np.log(6), rtol=1e-15)
    assert_allclose(dice.frequency_error(p, 100), np.sqrt(5 / 3600), rtol=1e-14)


@given(simplex(max_size=6), st.integers(0, 2**32 - 1))
def test_thrown_by_the_inverse_of_its_distribution(p, seed):
    """A face of probability 0 never comes, and frequencies are within 5 errors."""
    u = np.random.default_rng(seed).random(2000)
    faces = dice.inverse_cdf_sample(u, p)
    share = dice.frequencies(faces, len(p))
    assert (share[p == 0] == 0).all()
    assert (np.abs(share - p) <= 5 * dice.frequency_error(p, 2000) + 1e-3).all()


def test_a_test_of_a_fair_die_is_wrong_as_often_as_it_says():
    """Over 4,000 experiments of 600 throws the 5 % test rejects 5 %, within 4.5 errors."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(600, dice.fair_die(), size=4000)
    statistic = np.array([dice.chi_square(c, dice.fair_die()) for c in counts])
    rejected = (stats.chi2.sf(statistic, 5) < 0.05).mean()
    assert abs(rejected - 0.05) < 4.5 * np.sqrt(0.05 * 0.95 / 4000)


@given(arrays(np.int64, 4, elements=st.integers(1, 50)), positive_simplex(size=4))
def test_pearsons_statistic(counts, p):
    known = stats.chisquare(counts, counts.sum() * p / p.sum()).statistic
    assert_allclose(dice.chi_square(counts, p), known, rtol=1e-10)
    assert dice.chi_square([0, 3], [0.0, 1.0]) == 0
    assert dice.chi_square([1, 3], [0.0, 1.0]) == np.inf


@given(positive_simplex(size=3), arrays(float, 3, elements=st.floats(-5, 5)), st.integers(1, 5))
def test_more_samples_by_a_hundred_are_one_more_digit(p, values, n):
    """All 3^n samples of n independent draws: the root of the mean square of (mean - E) is
    sigma / sqrt n, exactly, and a hundred times as many draws make a tenth of it."""
    mean = p @ values
    sigma = np.sqrt(p @ (values - mean) ** 2)
    square = 0.0
    for faces in product(range(3), repeat=n):
        at = list(faces)
        square += p[at].prod() * (values[at].mean() - mean) ** 2
    error = sample_mean.standard_error(sigma, n)
    assert_allclose(np.sqrt(square), error, rtol=1e-9, atol=1e-12)
    more = sample_mean.standard_error(sigma, 100 * n)
    assert_allclose(error, 10 * more, rtol=1e-14)


@given(st.integers(0, 2**32 - 1), st.tuples(*[st.integers(1, 4)] * 3))
def test_the_rules_of_probability(seed, sizes):
    """Chain rule, marginals and Bayes on tables of any size agree with one another, cell by cell
    and for every variable that is seen."""
    rng = np.random.default_rng(seed)
    a, b, c = sizes
    p1 = rng.dirichlet(np.ones(a))
    p2, p3 = rng.dirichlet(np.ones(b), a), rng.dirichlet(np.ones(c), (a, b))
    joint = tables.joint_from_conditionals(p1, p2, p3)
    assert joint.shape == sizes
    for i, j, k in np.ndindex(*sizes):
        assert_allclose(joint[i, j, k], p1[i] * p2[i, j] * p3[i, j, k], rtol=1e-14)
    for axes in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2)):
        left = [k for k in range(3) if k not in axes]
        summed = np.zeros([sizes[k] for k in left])
        for at in np.ndindex(*sizes):
            summed[tuple(at[k] for k in left)] += joint[at]
        assert_allclose(tables.marginal(joint, axes), summed, rtol=1e-13)
    assert_allclose(tables.marginal(joint, (1, 2)), p1, rtol=1e-13)
    for seen in range(b):
        back = tables.bayes_rule(p1, p2[:, seen])
        assert_allclose(back, joint[:, seen].sum(1) / joint[:, seen].sum(), rtol=1e-12)
        assert_allclose(back * (p1 @ p2[:, seen]), p1 * p2[:, seen], rtol=1e-12)


@given(spd(size=3, condition=2.0), arrays(float, 1, elements=st.floats(-2, 2)))
def test_conditioning_a_gaussian(cov, value):
    """Its log density is that of the joint minus that of the part which is known."""
    mean, x = np.array([1.0, 0.0, -1.0]), np.array([0.3, -0.4])
    m, s = tables.gaussian_conditional(mean, cov, [1], value)
    joint = stats.multivariate_normal.logpdf([x[0], value[0], x[1]], mean, cov)
    known = stats.norm.logpdf(value[0], mean[1], np.sqrt(cov[1, 1]))
    ours = stats.multivariate_normal.logpdf(x, m, s)
    assert_allclose(ours, joint - known, rtol=1e-8, atol=1e-8)


@given(positive_simplex(size=6), st.tuples(*[positive_simplex(size=2)] * 3))
def test_a_guess_bounds_the_information(joint, guess):
    joint, guess = joint.reshape(2, 3), np.stack(guess, 1)
    information = tables.mutual_information(joint)
    assert tables.infogan_bound(joint, guess) <= information + 1e-12
    best = joint / joint.sum(0)
    assert_allclose(tables.infogan_bound(joint, best), information, rtol=1e-10, atol=1e-13)
    independent = np.outer(joint.sum(1), joint.sum(0))
    known = kl_categorical(joint.ravel(), independent.ravel(), normalize=True)
    assert_allclose(information, known, rtol=1e-9, atol=1e-13)


@given(spd(size=2), spd(size=2), arrays(float, (2, 2), elements=st.floats(-3, 3)), POINTS)
def test_a_cycle_does_not_say_which_map(a, b, shift, x):
    """Every invertible affine map and its inverse have the cycle loss 0, and two such maps differ
    at the same points; a map with another's inverse has not."""
    maps = []
    for A, t in ((a + np.eye(2), shift[0]), (-(b + 2 * np.eye(2)), shift[1])):
        inverse = np.linalg.inv(A)
        there = lambda v, A=A, t=t: v @ A + t  # noqa: E731
        back = lambda v, inverse=inverse, t=t: (v - t) @ inverse  # noqa: E731
        assert_allclose(tables.cycle_loss(x, there, back), 0, atol=1e-12)
        maps.append((there, back))
    (there, back), (other, _) = maps
    if np.abs(x - x[0]).max() > 0.1:
        assert np.abs(there(x) - other(x)).max() > 1e-3
        assert tables.cycle_loss(x, other, back) > 1e-3
    assert_allclose(tables.cycle_loss(x, lambda v: v + 1, lambda v: v), 1, rtol=1e-12)


def test_forward_kl_matches_moments():
    """Its Gaussian covers both modes and has its mean where the mixture is nearly empty."""
    mean, variance = tables.fit_forward_kl([-3.0, 3.0], [0.0, 0.0], [0.5, 0.5])
    assert (mean, variance) == (0, 10)
    rng = np.random.default_rng(0)
    x = rng.choice([-3.0, 3.0], 100_000) + rng.standard_normal(100_000)

    def loss(m, v):
        return -stats.norm.logpdf(x, m, np.sqrt(v)).mean()

    assert loss(mean, variance) < min(loss(0.3, 10), loss(0, 9), loss(0, 11), loss(3, 1))


@pytest.mark.parametrize("bad", [[0.5, 0.6], [1.5, -0.5]])
def test_no_probabilities_no_answer(bad):
    with pytest.raises(ValueError, match="must be"):
        dice.inverse_cdf_sample([0.1], bad)
    with pytest.raises(ValueError, match="u must be in"):
        dice.inverse_cdf_sample([1.0], [0.5, 0.5])
