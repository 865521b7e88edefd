"""An interval for new seeds and new images holds the truth as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import student, two_way

ERROR, TIMES = 0.025, 800


def table(rng, seeds, examples, hard, restless, level=2.0):
    """Right or wrong of replicas about images: some images are hard for all, some seeds bad."""
    odds = level + restless * rng.normal(size=(seeds, 1)) + hard * rng.normal(size=(1, examples))
    return (rng.random((seeds, examples)) < 1 / (1 + np.exp(-odds))).astype(float)


def truth(hard, restless, level=2.0):
    odds = level + np.hypot(hard, restless) * stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    return (1 / (1 + np.exp(-odds))).mean()


@pytest.mark.parametrize(("hard", "restless"), [(2.0, 0.0), (2.0, 0.5), (0.0, 0.5), (0.0, 0.0)])
def test_the_truth_lies_beyond_an_end_as_often_as_the_error_says(hard, restless):
    """Hard images, bad seeds, both or neither, of ten seeds and 120 images: at most .04 at each
    end (.025 is promised; ten seeds and a share near 1 leave that much)."""
    rng, mean = np.random.default_rng(0), truth(hard, restless)
    found = [two_way.interval(table(rng, 10, 120, hard, restless), ERROR) for _ in range(TIMES)]
    for beyond in (sum(f.low > mean for f in found), sum(f.high < mean for f in found)):
        assert stats.binomtest(beyond, TIMES, 0.04, alternative="greater").pvalue > 1e-3
    assert sum(f.low <= mean <= f.high for f in found) / TIMES < 0.99


def test_an_interval_over_seeds_alone_is_too_narrow():
    """Of hard images and equal seeds: 2.26 times .009 stands against a deviation of .025
    of the mean, so that it misses the truth in 40 % of the samples."""
    rng, mean, missed = np.random.default_rng(1), truth(2.0, 0.0), 0
    for _ in range(300):
        found = student.interval(table(rng, 10, 120, 2.0, 0.0).mean(1), ERROR)
        missed += not found.low <= mean <= found.high
    assert missed / 300 > 0.3


def test_the_variance_has_no_bias():
    """Of normal effects of known size, seldom at its floor: s^2/R + s'^2/E + s''^2/RE."""
    rng, found = np.random.default_rng(2), []
    for _ in range(2000):
        y = (
            0.8 * rng.normal(size=(5, 1))
            + 0.8 * rng.normal(size=(1, 40))
            + 2.0 * rng.normal(size=(5, 40))
        )
        found.append(two_way._two_way([y], [1.0])[1])
    expected = 0.8**2 / 5 + 0.8**2 / 40 + 2.0**2 / 200
    assert np.mean(found) == pytest.approx(
        expected, rel=4.5 * np.std(found) / expected / 2000**0.5
    )


@given(st.integers(2, 4), st.integers(2, 4), st.integers(0, 1000))
def test_the_variance_is_at_least_that_of_seeds_and_that_of_images(seeds, examples, draw):
    """Each alone never overstates, and their sum less the rest may fall below them by chance."""
    y = np.random.default_rng(draw).random((seeds, examples))
    _, variance, freedom = two_way._two_way([y], [1.0])
    assert variance >= y.mean(1).var(ddof=1) / seeds
    assert variance >= y.mean(0).var(ddof=1) / examples
    assert freedom > 0


@pytest.mark.parametrize("sizes", [(5, 5), (4, 12)])
def test_what_is_hard_for_both_runs_cancels(sizes):
    """Two runs of one accuracy on the same hard images: neither end is passed more often than it
    should, and the interval is shorter than that of two test sets, 2^.5 times that of one run."""
    rng, found = np.random.default_rng(3), []
    for _ in range(TIMES):
        hard = 3 * rng.normal(size=(1, 120))
        one, other = (
            (rng.random((n, 120)) < 1 / (1 + np.exp(-2 - hard - 0.3 * rng.normal(size=(n, 1)))))
            for n in sizes
        )
        found.append(two_way.difference(one * 1.0, other * 1.0, ERROR))
    for beyond in (sum(f.low > 0 for f in found), sum(f.high < 0 for f in found)):
        assert stats.binomtest(beyond, TIMES, 0.035, alternative="greater").pvalue > 1e-3
    apart = two_way.interval(one * 1.0, ERROR)
    assert found[-1].high - found[-1].low < 0.9 * 2**0.5 * (apart.high - apart.low)


@pytest.mark.parametrize(("hard", "restless"), [(2.0, 0.5), (0.0, 0.0)])
def test_the_share_of_each_seed_alone_is_enough_for_a_safe_interval(hard, restless):
    """It is no shorter than the one that knows the images, and holds the truth more often."""
    rng, mean = np.random.default_rng(4), truth(hard, restless)
    for _ in range(200):
        y = table(rng, 10, 120, hard, restless)
        both, alone = (
            two_way.interval(y, ERROR),
            two_way.share_interval(y.mean(1).tolist(), 120, ERROR),
        )
        assert alone.high - alone.low > 0.95 * (both.high - both.low)
        assert 0 < alone.low < alone.high < 1
        assert 0 < both.low < both.high < 1
    assert alone.low < mean < alone.high


def test_right_about_every_image_is_not_certain():
    """360 of 360 by every seed: the exact interval of one classifier starts at .9899."""
    found = two_way.interval(np.ones((10, 360)), ERROR)
    assert found.estimate == 1
    assert 0.97 < found.low < 0.9899 < found.high < 1


def test_ten_classifiers_of_the_study_at_360_images():
    """The evaluation classifiers' .9806: over seeds alone [.978, .981], with images the interval
    is that of 353 right of 360, [.960, .992] by Clopper and Pearson, to a hundredth."""
    shares = [0.9806 + 0.001 * k for k in (-2, -1, 0, 1, 2)] * 2
    found = two_way.share_interval(shares, 360, ERROR)
    exact = stats.binomtest(353, 360).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose(found[1:], exact, atol=0.01)
