"""The replicas of a question come from its smallest effect, not from what was found."""

import numpy as np
import pytest

from pipeline.verdicts import binomial, bound, equivalence, order, seeds
from pipeline.verdicts.power import replicas_for, replicas_for_share

X = [0.1, 0.4, 0.2, 0.3]
SD = float(np.std(X, ddof=1))


def test_they_are_those_of_the_power_of_the_rule():
    e, level = 0.025, 0.95
    assert seeds.needed(bound.Rule("above", 0.0), [X], 0.1, e) == replicas_for(
        0.1, SD, level, "mean"
    )
    assert seeds.needed(bound.Rule("above", 0.0), [X, X], 0.1, e) == replicas_for(
        0.1, SD, level, "difference"
    )
    assert seeds.needed(equivalence.Rule(0.0, 0.2), [X], 0.1, e) == replicas_for(
        0.2, SD, level, "equivalence"
    )
    share = binomial.Rule(1.0, "above", 0.5)
    assert seeds.needed(share, [X], 0.3, e) == replicas_for_share(0.8, 0.5, level)


def test_an_effect_of_a_ratio_is_one_of_logarithms():
    rule = bound.Rule("below", 1.0, "log")
    logs = float(np.std(np.log(X), ddof=1))
    assert seeds.needed(rule, [X], 0.4, 0.025) == replicas_for(0.4, logs, 0.95, "mean")


def test_a_share_lies_beyond_its_threshold_on_the_side_of_the_claim():
    above, below = (binomial.Rule(1.0, side, 0.6) for side in ("above", "below"))
    assert seeds.needed(above, [X], 0.2, 0.025) == replicas_for_share(0.8, 0.6, 0.95)
    assert seeds.needed(below, [X], 0.2, 0.025) == replicas_for_share(0.4, 0.6, 0.95)
    assert seeds.needed(above, [X], 0.5, 0.025) is None  # no share is 1.1
    assert seeds.needed(below, [X], 0.6, 0.025) == replicas_for_share(0.0, 0.6, 0.95)


def test_two_replicas_have_a_deviation():
    assert seeds.needed(bound.Rule("above", 0.0), [[0.1, 0.3]], 0.1, 0.025) == replicas_for(
        0.1, float(np.std([0.1, 0.3], ddof=1)), 0.95, "mean"
    )


NAN = float("nan")


@pytest.mark.parametrize(
    "values", [[], [0.1], [0.1, 0.1], [0.1, 0.3, None], [0.1, 0.3, NAN], [0.1, None], [NAN, 0.1]]
)
def test_without_a_deviation_there_is_no_number(values):
    assert seeds.needed(bound.Rule("above", 0.0), [values], 0.1, 0.025) is None


def test_without_an_effect_there_is_no_number():
    assert seeds.needed(bound.Rule("above", 0.0), [X], None, 0.025) is None
    assert seeds.needed(order.Rule("above"), [X, X], 0.1, 0.025) is None
    assert seeds.needed(binomial.Rule(1.0, "above", 0.5), [X], 0.6, 0.025) is None
