"""The statistics of a verdict against their distributions, integrated and summed by the oracle."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.verdicts import (
    Interval,
    best_of,
    binomial,
    intervals,
    power,
    prediction,
    scales,
    student,
    two_way,
)
from reference.errors import DomainError
from reference.theory import inference as oracle

SEEDS = st.integers(0, 2**32 - 1)
ERRORS = st.sampled_from([0.05, 0.025, 0.0025, 1e-4])
few = settings(max_examples=15)


def drawn(seed, *sizes):
    """Runs of different sizes, means and deviations."""
    rng = np.random.default_rng(seed)
    return [rng.normal(rng.normal(), 10.0 ** rng.uniform(-3, 3), n) for n in sizes]


@few
@given(SEEDS, ERRORS, st.lists(st.integers(2, 40), min_size=1, max_size=4))
def test_students_and_welchs_intervals(seed, error, sizes):
    columns = drawn(seed, *sizes)
    weights = np.random.default_rng(seed).choice([-2.0, -1.0, 0.5, 1.0], len(sizes))
    found = student.contrast(columns, weights.tolist(), error)
    known = oracle.contrast(columns, weights, error)
    scale = max(abs(x).max() for x in columns)
    assert_allclose(found, known, rtol=1e-9, atol=1e-11 * scale)


@few
@given(st.integers(1, 60), st.floats(0, 1), ERRORS)
def test_the_exact_interval_of_a_share(n, share, error):
    k = round(share * n)
    found = binomial.interval(k, n, error)
    assert_allclose(found, oracle.clopper_pearson(k, n, error), rtol=1e-9, atol=1e-12)


@few
@given(SEEDS, ERRORS, st.integers(2, 40))
def test_the_interval_of_a_median(seed, error, n):
    (x,) = drawn(seed, n)
    found = intervals.of_mean(x.tolist(), error, "median")
    try:
        known = oracle.median_interval(x, error)
    except DomainError:
        assert not isinstance(found, Interval)
    else:
        assert_allclose(found, known, rtol=1e-15)


@few
@given(
    st.integers(2, 40),
    st.floats(0, 3),
    st.sampled_from([0.9, 0.95, 0.995]),
    st.sampled_from(oracle.KINDS),
)
def test_the_power_of_an_interval(n, effect, level, kind):
    """Of equivalence to 1e-4: it sums over 2,000 quantiles of the deviation."""
    found = power.power(n, effect, 1.0, level, kind)
    exact = kind in ("mean", "difference")
    known = oracle.power(n, effect, 1.0, level, kind)
    assert_allclose(found, known, rtol=1e-8 if exact else 0, atol=1e-12 if exact else 1e-4)


@few
@given(SEEDS, st.integers(10, 30), st.integers(1, 40), st.sampled_from([0.9, 0.99]))
def test_where_new_seeds_lie(seed, n, k, level):
    (x,) = drawn(seed, n)
    found = prediction.of_seeds(x.tolist(), k, None, level=level)
    assert_allclose(found[:2], oracle.new_mean(x, k, level), rtol=1e-9, atol=1e-11 * abs(x).max())


@few
@given(st.integers(1, 30), st.floats(0, 1), st.integers(1, 30), st.sampled_from([0.9, 0.99]))
def test_where_new_counts_lie(n, share, k, level):
    c = round(share * n)
    assert prediction.of_share(c, n, k, level)[:2] == oracle.new_share(c, n, k, level)


@few
@given(SEEDS, st.integers(2, 8), st.integers(2, 8), st.integers(2, 30), ERRORS)
def test_seeds_and_examples(seed, seeds, others, examples, error):
    """The difference of two runs on the same examples, and on the scale logit the share of one."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(size=examples)
    y, z = ((rng.normal(size=(r, examples)) < 0.5 + hard).astype(float) for r in (seeds, others))
    mean, variance, freedom = oracle.two_way(y, z)
    if variance > 0 and freedom >= 1:
        half = oracle.student_quantile(error, freedom) * np.sqrt(variance)
        found = two_way.difference(y, z, error)
        assert_allclose(found, (mean, mean - half, mean + half), rtol=1e-8, atol=1e-12)
    mean, variance, freedom = oracle.two_way(y)
    assume(variance > 0)
    assume(freedom >= 1)
    inside = (examples * mean + 0.5) / (examples + 1)
    half = oracle.student_quantile(error, freedom) * np.sqrt(variance) / inside / (1 - inside)
    odds = np.log(inside) - np.log1p(-inside)
    found = two_way.interval(y, error)
    assert_allclose(found[0], mean, rtol=1e-13)
    assert_allclose(found[1:], stats.logistic.cdf([odds - half, odds + half]), rtol=1e-7)


@few
@given(SEEDS, st.integers(1, 12))
def test_the_best_of_so_many(seed, k):
    (x,) = drawn(seed, k)
    known = [oracle.expected_best(x, n) for n in range(1, k + 1)]
    assert_allclose(best_of.best_of(x), known, rtol=1e-11, atol=1e-12 * abs(x).max())


@few
@given(SEEDS, ERRORS, st.sampled_from(["log", "logit"]))
def test_a_scale_is_students_interval_of_what_it_sees(seed, error, scale):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.05, 0.95, 9)
    seen = np.log(x) if scale == "log" else np.log(x) - np.log1p(-x)
    known = oracle.contrast([seen], [1.0], error)
    told = np.exp(known) if scale == "log" else stats.logistic.cdf(known)
    assert_allclose(intervals.of_mean(x.tolist(), error, scale), told, rtol=1e-9)
    assert_allclose(scales.forward(x.tolist(), scale), seen, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("freedom", [1.0, 1.3, 2.0, 7.5, 60.0, 1e3])
@pytest.mark.parametrize("error", [0.4, 0.025, 1e-4, 1e-9])
def test_the_oracles_quantile_is_scipys(freedom, error):
    found = oracle.student_quantile(error, freedom)
    assert_allclose(found, stats.t.isf(error, freedom), rtol=1e-9)
