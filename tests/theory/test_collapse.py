"""Lost modes: which modes remain, and which statistics detect the loss."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.metrics import histogram
from reference.metrics import frechet, prdc
from reference.metrics.histogram import kl
from reference.theory.diagnostics import inception_score
from reference.theory.dice import chi_square
from reference.theory.optimal_discriminator import optimal_logit
from reference.theory.simplex import best_response_G
from tests.strategies import positive_simplex

# How often each digit is among MNIST's labels.
TRAIN = np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
TEST = np.array([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])


@given(positive_simplex(size=6), st.integers(0, 5), st.floats(0.05, 0.9))
def test_a_collapse_is_to_the_mode_made_too_seldom_however_rare_it_is(p, mode, share):
    """Against D* = p / (p + q) all of a lone generator goes where p / q is largest. That can be
    any mode: the one that makes a thousandth of the data, as well as the most frequent value."""
    q = p.copy()
    q[mode] *= share
    q /= q.sum()
    assert best_response_G(optimal_logit(np.log(p), np.log(q))).tolist() == [mode]
    rare = np.array([0.001, 0.499, 0.5])
    made = np.array([0.0005, 0.5, 0.4995])
    assert best_response_G(optimal_logit(np.log(rare), np.log(made))).tolist() == [0]
    assert rare.argmax() == 2


@given(positive_simplex(size=10))
def test_a_flat_histogram_is_the_wrong_baseline(p):
    """Held against uniform, a generator with exactly the shares of the data is charged KL(p || u)
    and one with flat shares nothing; held against the data it is the other way round."""
    data, flat = torch.from_numpy(p), torch.full((10,), 0.1, dtype=torch.float64)
    assert abs(histogram.kl(data, data)) < 1e-15
    assert abs(histogram.kl(flat, flat)) < 1e-15
    charged = np.log(10) - stats.entropy(p)
    assert_allclose(histogram.kl(data, flat), charged, rtol=1e-9, atol=1e-14)
    if np.abs(p - 0.1).max() > 1e-3:
        assert histogram.kl(data, flat) > 1e-7
        assert histogram.kl(flat, data) > 1e-7


def test_real_digits_are_not_flat():
    """MNIST's 10,000 test labels: chi-squared rejects that the ten come alike often, p = 6e-5,
    and does not reject the training labels' shares, p = .94."""
    flat = stats.chi2.sf(chi_square(TEST, np.full(10, 0.1)), 9)
    training = stats.chi2.sf(chi_square(TEST, TRAIN / TRAIN.sum()), 9)
    assert 5e-5 < flat < 7e-5
    assert 0.93 < training < 0.95


def test_a_histogram_raises_no_false_alarm_and_sees_a_planted_loss():
    """2 n KL of 10,000 samples against the 5 % bound of chi-squared: true samples pass it in 5 %
    of 2,000 trials, within 4.5 errors; with a class at two thirds of its share all 200 do."""
    rng, n, shares = np.random.default_rng(0), 10_000, TRAIN / TRAIN.sum()
    bound = stats.chi2.isf(0.05, 9)

    def alarms(distribution, trials):
        return np.mean(
            [2 * n * kl(c, shares) > bound for c in rng.multinomial(n, distribution, trials)]
        )

    assert abs(alarms(shares, 2000) - 0.05) < 4.5 * np.sqrt(0.05 * 0.95 / 2000)
    planted = shares * np.where(np.arange(10) == 3, 2 / 3, 1)
    assert alarms(planted / planted.sum(), 200) == 1


@given(st.integers(0, 1000), st.integers(2, 5))
def test_quality_and_collapse_go_together(seed, classes):
    """One real image of each class again and again: precision is 1 and the inception score the
    highest there is, that of all real images. Recall, coverage and the Frechet distance see it."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(classes), 20)
    real = 10 * label[:, None] + rng.standard_normal((len(label), 2))
    made = real[20 * label]  # the first of each class
    certain = np.eye(classes)[label]
    assert_allclose(inception_score(certain), classes, rtol=1e-12)
    precision, recall = prdc.precision_recall_knn(real, made, 5)
    assert precision == 1
    assert recall == classes / len(label) == 1 / 20
    assert prdc.density_coverage(real, made, 5)[1] < 0.9
    assert frechet.frechet_distance(real, made) > 0.1
