"""A scale keeps an interval in the metric's range, and refuses what it does not know."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.study.errors import StudyError
from pipeline.verdicts import bound, equivalence, intervals, ledger, order, scales

POSITIVE = st.lists(st.floats(1e-300, 1e300), min_size=2, max_size=12)
SHARES = st.lists(st.floats(1e-9, 1 - 1e-9), min_size=2, max_size=12)
ERRORS = st.sampled_from([0.05, 0.001, 1e-6])


@given(st.floats(1e-300, 1e300))
def test_log_and_back(x):
    assert scales.back(*scales.forward([x], "log"), "log") == pytest.approx(x, rel=1e-12)


@given(st.floats(1e-12, 1 - 1e-12))
def test_logit_and_back(x):
    assert scales.back(*scales.forward([x], "logit"), "logit") == pytest.approx(x, abs=1e-12)


@given(POSITIVE, ERRORS)
def test_no_end_on_the_scale_log_leaves_what_is_positive(x, error):
    found = intervals.of_mean(x, error, "log")
    if isinstance(found, intervals.Interval):
        assert all(0 < end < math.inf for end in found)
        assert found.low <= found.estimate <= found.high


@given(SHARES, ERRORS)
def test_no_end_on_the_scale_logit_leaves_the_shares(x, error):
    found = intervals.of_mean(x, error, "logit")
    if isinstance(found, intervals.Interval):
        assert all(0 < end < 1 for end in found)


@given(POSITIVE, POSITIVE, ERRORS)
def test_ratios_are_positive_and_turn_over_with_the_runs(x, y, error):
    one, other = (intervals.of_difference(*pair, error, "log") for pair in ((x, y), (y, x)))
    if isinstance(one, intervals.Interval):
        assert all(0 < end < math.inf for end in one)
        if other.high < 1e300 and one.high < 1e300:
            assert one.low == pytest.approx(1 / other.high, rel=1e-6)


@given(st.integers(0, 50), st.integers(51, 10**6))
def test_a_share_of_samples_has_log_odds_that_no_end_spoils(count, samples):
    """Antisymmetric, rising, finite at 0 and 1, and without halves where the samples are many."""
    x = count / samples
    (odds,) = scales.forward([x], "logit", samples)
    (against,) = scales.forward([1 - x], "logit", samples)
    assert odds == pytest.approx(-against, abs=1e-9)
    assert odds < scales.forward([(count + 1) / samples], "logit", samples)[0]
    assert np.exp(odds) == pytest.approx((count + 0.5) / (samples - count + 0.5))


@pytest.mark.parametrize("rule", [bound.Rule("above", 0.9, "logit", 2500)], ids=str)
def test_good_shares_of_one_are_decided_by_their_samples(rule):
    assert rule.decide([1.0, 0.99, 0.9836, 1.0], 0.05).verdict == "holds"
    without = bound.Rule("above", 0.9, "logit").decide([1.0, 0.99, 0.9836, 1.0], 0.05)
    assert without.verdict == "undecided"
    assert "of how many samples it is a share" in without.because


@pytest.mark.parametrize(
    ("scale", "values", "because"),
    [
        ("log", [1.0, 0.0], "gives 0, which has no logarithm"),
        ("log", [1.0, -2.0], "gives -2, which has no logarithm"),
        ("logit", [0.5, 1.2], "gives 1.2, which is no share"),
        ("logit", [-0.1, 0.5], "gives -0.1, which is no share"),
    ],
)
def test_what_is_off_the_scale_is_told(scale, values, because):
    for verdict in (
        bound.Rule("below", 0.5, scale).decide(values, 0.05),
        bound.Rule("below", 0.5, scale).compare([0.5, 0.6], values, 0.05),
        order.Rule("below", scale).decide([[0.5, 0.6], values], 0.05),
    ):
        assert verdict.verdict == "undecided"
        assert because in verdict.because


REFUSED = [
    ("bound", {"side": "below", "threshold": 0, "scale": "log"}, False, "above 0, not 0"),
    ("bound", {"side": "below", "threshold": 1.5, "scale": "logit"}, False, "below 1, not 1.5"),
    ("bound", {"side": "below", "threshold": 1, "scale": "median"}, True, "median is for one run"),
    ("bound", {"side": "below", "threshold": 1, "scale": "root"}, False, "must be 'linear'"),
    ("equivalence", {"target": 1, "margin": 0.2, "scale": "log"}, True, "a factor above 1"),
    ("equivalence", {"target": 0, "margin": 1.2, "scale": "log"}, True, "above 0, not 0"),
]


@pytest.mark.parametrize(("rule", "arguments", "compared", "because"), REFUSED)
def test_a_rule_that_its_scale_cannot_decide_is_refused_on_reading(
    tmp_path, rule, arguments, compared, because
):
    claim = {
        "id": "one",
        "claim": "It is so.",
        "documents": ["T001"],
        "statistic": "the mean",
        "experiment": "ring",
        "run": "gan",
        "metric": "value",
        "rule": rule,
        "arguments": arguments,
        "reason": "None.",
    } | ({"versus": "wgan"} if compared else {})
    path = tmp_path / "claims.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({"error": 0.05, "claims": [claim]}, file)
    runs = {"gan": None, "wgan": None}
    experiments = {
        "ring": SimpleNamespace(runs=runs, metrics=["value"], controls=[], converged=None)
    }
    with pytest.raises(StudyError, match=r"claims\.one\.arguments") as error:
        ledger.read(path, experiments)
    assert because in str(error.value)


def test_an_odds_ratio_above_one_is_no_fault():
    assert bound.Rule("above", 3.0, "logit").unfit(compared=True) is None
    assert equivalence.Rule(1.0, 1.25, "log").unfit(compared=True) is None
