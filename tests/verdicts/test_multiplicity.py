"""However many claims an experiment has, the chance of a wrong verdict among them is bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
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


PRINTS = st.dictionaries(
    st.sampled_from([f"claim {k}" for k in range(8)]), st.sets(st.integers(0, 9), max_size=3)
)


@given(PRINTS)
def test_families_are_what_trainings_join_and_nothing_else(prints):
    """Each claim with a training is in one family; claims that share one are together; and a
    family falls into no two parts that share none."""
    found = multiplicity.families(prints)
    members = [claim for family in found for claim in family]
    assert sorted(members) == sorted(claim for claim, own in prints.items() if own)
    home = {claim: family for family in found for claim in family}
    for one in members:
        for other in members:
            assert home[one] == home[other] or not prints[one] & prints[other]
    for family in found:
        reached, rest = set(prints[family[0]]), list(family[1:])
        while joined := [claim for claim in rest if prints[claim] & reached]:
            reached |= set().union(*(prints[claim] for claim in joined))
            rest = [claim for claim in rest if claim not in joined]
        assert not rest


@given(PRINTS)
def test_the_errors_of_each_family_sum_to_its_own_and_all_to_the_studys(prints):
    errors = multiplicity.errors(prints, 0.05)
    found = multiplicity.families(prints)
    for family in found:
        assert sum(errors[claim] for claim in family) == pytest.approx(0.05)
    assert multiplicity.expected_wrong(errors.values()) == pytest.approx(0.05 * len(found))


def test_a_chain_of_claims_is_one_family():
    prints = {"a": ["x"], "b": ["y"], "c": ["z"], "d": ["x", "y"], "e": ["w"], "theorem": []}
    assert multiplicity.families(prints) == [("a", "b", "d"), ("c",), ("e",)]
    assert multiplicity.errors(prints, 0.06)["b"] == pytest.approx(0.02)
