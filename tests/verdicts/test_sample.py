"""Each kind of missing value has its own meaning, in every rule that speaks of means."""

import pytest

from pipeline.verdicts import binomial, bound, equivalence, order

NAN = float("nan")
SOUND = [0.10, 0.12, 0.11, 0.13]
LOST = [NAN, float("inf"), float("-inf")]
SCALES = ["linear", "log", "logit", "bootstrap", "median"]
ONE_RUN = [
    *(bound.Rule(side, 0.5, scale) for scale in SCALES for side in ("below", "above")),
    *(equivalence.Rule(0.11, 1.5, scale) for scale in SCALES),
]
TWO_RUNS = [rule for rule in ONE_RUN if rule.scale != "median"]


@pytest.mark.parametrize("rule", ONE_RUN, ids=str)
@pytest.mark.parametrize("lost", LOST)
def test_a_diverged_replica_counts_against_a_mean(rule, lost):
    """On either side, whatever the other replicas say, and if a metric is undefined as well."""
    for values in ([*SOUND, lost], [*SOUND, lost, None]):
        verdict = rule.decide(values, 0.05)
        assert (verdict.verdict, verdict.estimate, verdict.low) == ("fails", None, None)
        assert verdict.because.startswith(f"1 of {len(values)} replicas are not finite")


@pytest.mark.parametrize("rule", ONE_RUN, ids=str)
def test_an_undefined_metric_leaves_a_mean_undecided(rule):
    verdict = rule.decide([*SOUND, None, None], 0.05)
    assert (verdict.verdict, verdict.estimate, verdict.n) == ("undecided", None, 6)
    assert verdict.because.startswith("The metric is undefined for 2 of 6 replicas")


@pytest.mark.parametrize("rule", TWO_RUNS, ids=str)
def test_of_two_runs_only_the_first_has_a_claim_to_lose(rule):
    """A rival that diverges is not beaten by that, nor does it beat: nothing is decided."""
    assert rule.compare([*SOUND, NAN], SOUND, 0.05).verdict == "fails"
    assert rule.compare([*SOUND, NAN], [*SOUND, NAN], 0.05).verdict == "fails"
    other = rule.compare(SOUND, [*SOUND, NAN], 0.05)
    assert (other.verdict, other.n) == ("undecided", 9)
    assert other.because.startswith("1 of 5 replicas of the run that it is compared with")


@pytest.mark.parametrize("rule", TWO_RUNS, ids=str)
@pytest.mark.parametrize("pair", [(SOUND, [*SOUND, None]), ([*SOUND, None], SOUND)])
def test_two_runs_are_undecided_where_either_has_an_undefined_metric(rule, pair):
    verdict = rule.compare(*pair, 0.05)
    assert verdict.verdict == "undecided"
    assert "undefined for 1 of 9 replicas" in verdict.because


@pytest.mark.parametrize("rule", TWO_RUNS, ids=str)
def test_what_does_not_vary_in_either_run_cannot_be_compared(rule):
    verdict = rule.compare([0.1] * 3, [0.2] * 4, 0.05)
    assert verdict.verdict == "undecided"
    assert "0.1 and 0.2: what does not vary" in verdict.because
    assert rule.compare([0.1], SOUND, 0.05).verdict == "undecided"
    assert rule.compare([0.1] * 3, [], 0.05).verdict == "undecided"


@pytest.mark.parametrize("rule", [r for r in ONE_RUN if r.scale in ("linear", "log", "logit")])
def test_two_values_that_differ_vary(rule):
    """Then there is an interval; of two runs also where one of them does not vary."""
    assert rule.decide([0.1, 0.2], 0.05).low is not None
    assert rule.compare([0.1, 0.1], [0.1, 0.2], 0.05).low is not None


def test_in_an_order_every_run_counts():
    rule = order.Rule("below")
    assert rule.decide([SOUND, [1.0, 1.1, NAN]], 0.05).verdict == "fails"
    assert rule.decide([SOUND, [1.0, 1.1, None]], 0.05).verdict == "undecided"
    assert rule.decide([SOUND, [1.0, 1.1, 1.2]], 0.05).verdict == "holds"


@pytest.mark.parametrize("side", ["below", "above"])
def test_a_share_counts_the_diverged_and_not_the_undefined(side):
    rule = binomial.Rule(0.5, side, 0.5)
    against = 0.0 if side == "above" else 1.0
    assert rule.decide([NAN] * 4, 0.05).estimate == against
    verdict = rule.decide([1.0, 1.0, None], 0.05)
    assert (verdict.verdict, verdict.estimate) == ("undecided", None)
    assert "undefined for 1 of 3 replicas" in verdict.because
