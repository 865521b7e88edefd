"""A claim is decided by the samples that its sentence is about, and by no pairing of seeds."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.results import schema
from pipeline.study import trainings
from pipeline.verdicts import binomial, bound, decision, equivalence, history, ledger, order
from tests.results import made

ONE, TWO = [0.0, 10.0, 20.0, 30.0], [1.1, 11.0, 20.9, 31.0]
ERROR = 0.05
FROZEN = dict.fromkeys(("one", "two"), trainings.Standing(trainings.FROZEN))
FLAT = {"metric": "coverage.value_by_round", "margin": 0.1}
ROUNDS = list(range(100, 2100, 100))


def claim(rule, **changes):
    block = {
        "id": "one",
        "claim": "It is so.",
        "documents": ["T001"],
        "statistic": "the mean",
        "experiment": "ladder",
        "run": "one",
        "metric": "value.game",
        "rule": type(rule).__module__.rpartition(".")[2],
        "arguments": rule,
        "reason": "So.",
    }
    return ledger.Claim.model_validate(block | changes)


def run(values, other=TWO, seeds=None, better="higher", curve=None, **changes):
    """A measured run. curve: of a replica at the end of each twentieth of its training."""
    record = made.record(seeds or range(len(values)))
    metrics = {"value.game": made.metric(values, better=better), "value.other": other}
    series = {}
    if curve is not None:
        rng = np.random.default_rng(0)
        rows = [list(map(float, curve + rng.normal(0, 0.01, 20))) for _ in values]
        series = {"coverage.value_by_round": schema.Series("m", "", ROUNDS, rows, None, "")}
    return made.measured(record, metrics, series=series, **changes)


def verdict(of, one, two=None, standing=FROZEN):
    return decision.verdict(of, {"one": one, "two": two or run(TWO)}, ERROR, standing)


def test_two_runs_are_two_independent_samples():
    """Welch's interval, of other seeds and another number of them; pairs would show far more."""
    found = verdict(claim(bound.Rule("below", 0), versus="two"), run(ONE), run([*TWO, 5.0]))
    ends = stats.ttest_ind(ONE, [*TWO, 5.0], equal_var=False).confidence_interval(1 - 2 * ERROR)
    np.testing.assert_allclose((found.low, found.high), ends)
    assert (found.verdict, found.n) == ("undecided", 9)
    assert found.because.startswith("one against two: Of 4 and 5 seeds the difference")
    paired = stats.ttest_rel(ONE, TWO).confidence_interval(1 - 2 * ERROR)
    assert paired.high < 0 < found.high


def test_a_control_need_not_have_converged():
    """A claim to be better than noise may hold: noise has no training. A run had to be flat.

    The verdict goes against the second run, and neither has a curve.
    """
    of = claim(bound.Rule("below", 0), versus="two", converged=FLAT)
    one, two = run([0.0, 1.0, 2.0], better="lower"), run([9.0, 10.0, 11.0], better="lower")
    standing = FROZEN | {"two": trainings.Standing(trainings.CONTROL)}
    assert verdict(of, one, two).verdict == "undecided"
    assert verdict(of, one, replace(two, control=True), standing).verdict == "holds"
    told = decision.basis(of, {"one": one, "two": replace(two, control=True)}, standing)
    assert [b.convergence for b in told][1] == decision.UNTRAINED


def test_the_order_of_the_seeds_of_a_run_does_not_matter():
    rule = claim(bound.Rule("below", 0), versus="two")
    assert verdict(rule, run(ONE), run(TWO)) == verdict(rule, run(ONE), run(TWO[::-1]))


def test_two_metrics_of_a_run_differ_replica_by_replica():
    of = claim(bound.Rule("below", 0), versus_metric="value.other")
    found = verdict(of, run(ONE, TWO))
    ends = stats.ttest_rel(ONE, TWO).confidence_interval(1 - 2 * ERROR)
    np.testing.assert_allclose((found.low, found.high), ends)
    assert found.verdict == "holds"
    told = "value.game minus value.other, replica by replica: "
    assert found.because.startswith(told)
    assert decision.words(of, ERROR).startswith(told)


def test_two_metrics_of_two_runs_are_two_samples():
    of = claim(bound.Rule("below", 0), versus="two", versus_metric="value.other")
    found = verdict(of, run(ONE), run([5.0] * 3, [7.0, 8.0, 9.5]))
    ends = stats.ttest_ind(ONE, [7.0, 8.0, 9.5], equal_var=False).confidence_interval(0.9)
    np.testing.assert_allclose((found.low, found.high), ends)


def test_a_scale_compares_by_ratio():
    of = claim(bound.Rule("below", 0.5, "log"), versus="two")
    found = verdict(of, run([1.0, 1.1, 0.9]), run([9.0, 11.0, 10.0]))
    assert found.verdict == "holds"
    assert found.estimate == pytest.approx(0.1, rel=0.02)
    assert "ratio of the geometric means" in decision.words(of, ERROR)


@pytest.mark.parametrize("rule", [bound.Rule("above", 0.0), bound.Rule("below", 1e9)])
def test_a_diverged_replica_counts_against_its_claim_and_an_undefined_metric_for_neither(rule):
    """In the file both are null; which is which is said by the places that diverged."""
    broken = [1.0, None, 2.0, 3.0]
    assert verdict(claim(rule), run(broken, diverged=[1])).verdict == "fails"
    found = verdict(claim(rule), run(broken))
    assert found.verdict == "undecided"
    assert found.because.startswith("The metric is undefined for 1 of 4 replicas")
    of = claim(rule, versus_metric="value.other")
    assert verdict(of, run(broken, TWO)).verdict == "undecided"
    assert verdict(of, run(broken, [1.0, None, 2.0, 2.0], diverged=[1])).verdict == "fails"


def test_a_share_counts_the_diverged():
    of = claim(binomial.Rule(1.0, "above", 0.5))
    assert verdict(of, run([1.0, None], diverged=[1])).estimate == 0.5
    assert verdict(of, run([1.0, None])).estimate is None


MOVING = np.linspace(0, 2, 20)
LEVEL = np.ones(20)
HIGH, LOW = [9.0, 9.1, 9.2], [1.0, 1.1, 1.2]


def test_praise_fails_only_where_the_curve_is_flat():
    of = claim(bound.Rule("above", 5.0), converged=FLAT)
    assert verdict(of, run(LOW, curve=LEVEL)).verdict == "fails"
    found = verdict(of, run(LOW, curve=MOVING))
    assert found.verdict == "undecided"
    assert found.because.startswith("Not converged: one has not converged. By its rule the claim")
    assert verdict(of, run(LOW)).verdict == "undecided"  # no curve was measured
    assert verdict(of, run(HIGH, curve=MOVING)).verdict == "holds"
    assert verdict(of.model_copy(update={"converged": None}), run(LOW)).verdict == "fails"


def test_one_beats_another_only_where_the_other_is_at_its_best():
    of = claim(bound.Rule("above", 0.0), versus="two", converged=FLAT)
    for own in (MOVING, LEVEL):
        one = run(HIGH, curve=own)
        assert verdict(of, one, run(LOW, curve=LEVEL)).verdict == "holds"
        assert verdict(of, one, run(LOW, curve=MOVING)).verdict == "undecided"
    assert verdict(of, run(LOW, curve=LEVEL), run(HIGH, curve=MOVING)).verdict == "fails"
    assert verdict(of, run(LOW, curve=MOVING), run(HIGH, curve=LEVEL)).verdict == "undecided"


def test_an_order_and_an_equivalence_of_two_need_all():
    runs = {"one": run(LOW, curve=MOVING), "two": run(HIGH, curve=LEVEL)}
    ladder = claim(order.Rule("below"), run=None, runs=["one", "two"], converged=FLAT)
    alike = claim(equivalence.Rule(0.0, 20.0), versus="two", converged=FLAT)
    other = claim(
        bound.Rule("below", 99.0), versus="two", versus_metric="value.other", converged=FLAT
    )
    runs["two"] = run(HIGH, HIGH, curve=LEVEL)
    for of in (ladder, alike, other):
        assert decision.by_its_rule(of, runs, ERROR).verdict == "holds"
        assert decision.verdict(of, runs, ERROR, FROZEN).verdict == "undecided"
        turned = {"one": run(LOW, curve=LEVEL), "two": run(HIGH, HIGH, curve=MOVING)}
        assert decision.verdict(of, turned, ERROR, FROZEN).verdict == "undecided"
        settled = runs | {"one": run(LOW, curve=LEVEL)}
        assert decision.verdict(of, settled, ERROR, FROZEN).verdict == "holds"


def test_a_sentence_about_a_budget_needs_no_plateau():
    of = claim(bound.Rule("above", 5.0), converged=FLAT, budget=True)
    assert verdict(of, run(LOW, curve=MOVING)).verdict == "fails"


def test_no_verdict_goes_against_settings_of_a_users_own():
    of, yours = claim(bound.Rule("above", 5.0)), {"one": trainings.Standing(trainings.YOURS)}
    found = verdict(of, run(LOW), standing=yours)
    assert (found.verdict, found.estimate) == ("undecided", pytest.approx(1.1))
    assert found.because.startswith("Not tuned: one is not tuned.")
    assert verdict(of, run(HIGH), standing=yours).verdict == "holds"


def test_a_diverged_replica_has_no_part_in_the_plateau():
    lost = run([*LOW, None], curve=LEVEL, diverged=[3])
    rows = lost.series["coverage.value_by_round"].values
    rows[3] = [None] * 20
    flat = ledger.Converged(**FLAT)
    assert decision.plateau(lost, flat, FROZEN["one"]).converged
    rows[2] = [None] * 20  # undefined, and nothing says that it diverged
    assert not decision.plateau(lost, flat, FROZEN["one"]).converged


def test_a_search_that_doubled_the_rounds_decides_and_of_no_other_metric():
    of = claim(bound.Rule("above", 5.0), converged=FLAT)
    for curve, metric, once, change, expected in (
        (MOVING, "coverage.value", 2000, 0.05, "fails"),
        (MOVING, "coverage.value", 1000, 0.05, "fails"),
        (MOVING, "coverage.value", 1000, 0.15, "undecided"),
        (LEVEL, "coverage.value", 2000, 0.15, "undecided"),
        (LEVEL, "coverage.value", 1000, -0.15, "fails"),  # half the rounds accuse nobody
        (MOVING, "coverage.share", 2000, 0.05, "undecided"),
    ):
        doubled = trainings.Doubled(metric, once, change, 3)
        standing = {"one": trainings.Standing(trainings.FROZEN, doubled)}
        assert verdict(of, run(LOW, curve=curve), standing=standing).verdict == expected


def test_fewer_rounds_than_the_paper_s_accuse_nobody_where_no_curve_is_asked_for():
    of, short = claim(bound.Rule("above", 5.0)), trainings.Standing(trainings.FROZEN, None, 9000)
    found = verdict(of, run(LOW), standing={"one": short})
    assert found.verdict == "undecided"
    assert found.because.startswith("Not converged: one has not converged. By its rule the claim")
    (told,) = decision.basis(of, {"one": run(LOW)}, {"one": short})
    assert (
        told.convergence == f"Trained for {run(LOW).train.rounds:,} of the paper's 9,000 rounds."
    )
    assert verdict(of, run(HIGH), standing={"one": short}).verdict == "holds"
    curve = claim(bound.Rule("above", 5.0), converged=FLAT)
    assert verdict(curve, run(LOW, curve=LEVEL), standing={"one": short}).verdict == "fails"


def test_what_is_told_of_a_training():
    one = run(LOW, curve=MOVING)
    told = decision.basis(claim(bound.Rule("above", 5.0), converged=FLAT), {"one": one}, FROZEN)
    assert [(b.run, b.rounds, b.converged, b.settings) for b in told] == [
        ("one", 2000, False, "frozen")
    ]
    (bare,) = decision.basis(claim(bound.Rule("above", 5.0)), {"one": one}, FROZEN)
    assert (bare.converged, bare.convergence) == (None, decision.NOT_SAID)


def test_a_difference_that_falls_short_of_the_smallest_effect_fails():
    """Of two runs, or of two metrics of one, whose threshold says "no difference". A threshold
    that is an effect itself, or of one metric alone, is not moved."""
    one, two = [0.0, 0.1, -0.1, 0.05, -0.05], [0.05, -0.1, 0.1, 0.0, 0.0]
    runs = run(one, two), run(two)

    def told(rule, **changes):
        of = claim(rule, **changes)
        return verdict(of, *runs).verdict, decision.words(of, ERROR)

    for rest in ({"versus": "two"}, {"versus_metric": "value.other"}):
        assert told(bound.Rule("above", 0), **rest)[0] == "undecided"
        word, words = told(bound.Rule("above", 0), smallest_effect=0.5, **rest)
        assert (word, "short of 0.5" in words) == ("fails", True)
        assert told(bound.Rule("above", 0), smallest_effect=0.01, **rest)[0] == "undecided"
        word, words = told(bound.Rule("above", 0.01), smallest_effect=0.5, **rest)
        assert (word, "short of" in words) == ("undecided", False)
    word, words = told(bound.Rule("above", 0), smallest_effect=0.5)
    assert (word, "short of" in words) == ("undecided", False)


def test_the_least_effect_is_in_the_hash_where_it_decides_and_nowhere_else():
    def hashed(threshold, effect, **rest):
        of = claim(bound.Rule("above", threshold), smallest_effect=effect, **rest)
        return history.rule_hash(of, ERROR)

    assert hashed(0, 0.5, versus="two") != hashed(0, 0.4, versus="two")
    assert hashed(0.1, 0.5, versus="two") == hashed(0.1, 0.4, versus="two")
    assert hashed(0, 0.5) == hashed(0, 0.4) == hashed(0, None)
