"""However many claims an experiment has, the chance of a wrong verdict among them is bounded."""

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import bound, multiplicity


@pytest.mark.parametrize("claims", [1, 2, 3, 10, 100])
def test_the_errors_of_a_family_sum_to_that_of_the_family(claims):
    assert claims * multiplicity.each(0.05, claims) == pytest.approx(0.05)


def test_five_false_claims_hold_together_as_seldom_as_one():
    """Five independent means at their thresholds: the chance that any is called below is
    1 - 0.99^5 = 0.049, and its count in 500 families is binomial."""
    error = multiplicity.each(0.05, 5)
    families = np.random.default_rng(2).normal(0, 1, (500, 5, 6))
    rule = bound.Rule("below", 0.0)
    wrong = sum(any(rule.decide(x, error).verdict == "holds" for x in f) for f in families)
    assert stats.binomtest(wrong, 500, 1 - 0.99**5).pvalue > 1e-4
