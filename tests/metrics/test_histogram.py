"""The Torch class histogram, its entropy and its KL are the oracle's."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.metrics import histogram
from reference.metrics import histogram as oracle
from tests.reference import exact
from tests.strategies import logit_rows, positive_simplex

COUNTS = arrays(float, st.integers(1, 10), elements=st.integers(0, 1000).map(float)).filter(
    lambda counts: counts.sum() > 0
)


@given(logit_rows())
def test_class_histogram(a):
    ours = histogram.class_histogram(torch.from_numpy(a))
    assert_allclose(ours, oracle.class_histogram(a))
    assert ours.sum() == len(a)


@given(COUNTS)
def test_entropy(counts):
    ours = histogram.entropy(torch.from_numpy(counts))
    assert_allclose(ours, oracle.entropy(counts), rtol=1e-13, atol=1e-15)
    assert_allclose(ours, stats.entropy(counts), rtol=1e-13, atol=1e-15)


@given(COUNTS.flatmap(lambda c: st.tuples(st.just(c), positive_simplex(size=len(c), least=1e-6))))
def test_kl(drawn):
    counts, shares = drawn
    ours = histogram.kl(torch.from_numpy(counts), torch.from_numpy(shares))
    assert_allclose(ours, oracle.kl(counts, shares), rtol=1e-12, atol=1e-14)


def test_a_class_that_never_appears_costs_nothing():
    """0 log 0 = 0, also where the truth has no such class."""
    counts = torch.tensor([3.0, 0.0, 1.0])
    assert histogram.kl(counts, torch.tensor([0.75, 0.0, 0.25])) == 0
    assert histogram.kl(counts, torch.tensor([0.75, 0.25, 0.0])) == float("inf")


def test_known_answers():
    equal = torch.full((10,), 7.0)
    assert_allclose(histogram.entropy(equal), np.log(10), rtol=1e-6)
    one = torch.eye(10)[3]
    assert histogram.entropy(one) == 0
    assert_allclose(histogram.kl(one, equal / 70), np.log(10), rtol=1e-6)


@given(positive_simplex(size=7), st.floats(-17, 0), arrays(float, 7, elements=st.floats(-0.9, 9)))
def test_the_kl_of_nearly_equal_shares_is_never_negative(p, power, wiggle):
    """Against 400 digits, down to shares that differ by their last bits."""
    q = p * (1 + 10.0**power * wiggle)
    q = q / q.sum()
    value, same = (histogram.kl(torch.from_numpy(p), torch.from_numpy(s)) for s in (q, p))
    known = exact.kl_categorical(p / p.sum(), q)
    for found in (value, oracle.kl(p, q)):
        assert found >= 0
        assert_allclose(found, known, rtol=1e-7, atol=1e-15 * np.sqrt(known) + 1e-30)
    assert 0 <= same < 1e-30
