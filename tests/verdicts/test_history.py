"""What was promised, and when, cannot be lost: neither by changing a rule nor by taking it out."""

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ruamel.yaml import YAML

from pipeline.study.errors import StudyError
from pipeline.verdicts import binomial, bound, history, ledger
from pipeline.verdicts.history import Result, compare, freeze, parsed, rule_hash

TODAY, LATER = date(2026, 11, 22), date(2026, 12, 1)
ERROR = 0.05


def claim(name="one", **changes):
    block = {
        "id": name,
        "claim": "The mean is small.",
        "documents": ["T001"],
        "statistic": "the mean",
        "experiment": "ring",
        "run": "gan",
        "metric": "value.gap",
        "rule": "bound",
        "arguments": bound.Rule("below", 1.0),
        "reason": "One is small.",
    }
    return ledger.Claim.model_validate(block | changes)


def theorem(name="two", test="tests/theory/test_some.py::test_it"):
    block = {"id": name, "claim": "So.", "documents": ["T002"], "statistic": "all cases"}
    return ledger.Claim.model_validate(block | {"rule": "theorem", "test": test})


DECIDING = [
    {"experiment": "grid"},
    {"run": "wgan"},
    {"versus": "wgan"},
    {"metric": "value.end"},
    {"versus_metric": "value.end"},
    {"arguments": bound.Rule("above", 1.0)},
    {"arguments": bound.Rule("below", 1.0001)},
    {"arguments": bound.Rule("below", 1.0, "log")},
    {"rule": "binomial", "arguments": binomial.Rule(1.0, "below", 0.5)},
    {"rule": "order", "run": None, "runs": ["gan", "wgan"]},
    {"budget": True},
    {"converged": {"metric": "value.by_round", "margin": 0.1}},
]


@pytest.mark.parametrize("change", DECIDING, ids=str)
def test_whatever_decides_changes_the_hash(change):
    assert rule_hash(claim(**change), ERROR) != rule_hash(claim(), ERROR)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"claim": "It is small."},
        {"documents": ["T003"]},
        {"statistic": "mean"},
        {"reason": "None."},
        {"corrections": ["K1"]},
        {"arguments": bound.Rule("below", 1.0, "linear", None)},
    ],
    ids=str,
)
def test_prose_and_defaults_do_not(change):
    assert rule_hash(claim(**change), ERROR) == rule_hash(claim(), ERROR)


def test_the_order_of_runs_decides_and_so_does_the_error():
    one = claim(rule="order", run=None, runs=["gan", "wgan"])
    other = claim(rule="order", run=None, runs=["wgan", "gan"])
    assert rule_hash(one, ERROR) != rule_hash(other, ERROR)
    assert rule_hash(claim(), 0.05) != rule_hash(claim(), 0.1)
    assert rule_hash(theorem(), 0.05) == rule_hash(theorem(), 0.1)
    assert rule_hash(theorem(test="tests/a.py::test_b"), 0.05) != rule_hash(theorem(), 0.05)


def test_the_hash_is_the_same_on_every_machine():
    assert rule_hash(claim(), ERROR) == "9691b5deb7bb960a"
    assert rule_hash(theorem(), ERROR) == "1f3411846c19a5fc"


def result(of, verdict="holds", error=ERROR):
    return {of.id: Result(rule_hash(of, error), verdict)}


def test_a_claim_without_an_entry_is_not_frozen_and_no_error():
    standing = compare([claim()], ERROR, {})["one"]
    assert standing == (None, None, False, "not frozen")


def test_a_rule_that_was_frozen_before_its_result():
    before = freeze([claim()], ERROR, {}, {}, TODAY)
    after = freeze([claim()], ERROR, before, result(claim()), LATER)
    standing = compare([claim(claim="Reworded.")], ERROR, after)["one"]
    assert standing.words == "frozen since 2026-11-22; first verdict: holds"
    assert not standing.changed


def test_the_first_verdict_stays_when_later_ones_differ():
    after = freeze([claim()], ERROR, {}, result(claim(), "fails"), TODAY)
    after = freeze([claim()], ERROR, after, result(claim(), "holds"), LATER)
    assert after["one"].verdict == "fails"


def test_a_rule_that_was_frozen_with_its_result_in_sight_says_so():
    after = freeze([claim()], ERROR, {}, result(claim()), TODAY)
    assert "with a result in sight" in compare([claim()], ERROR, after)["one"].words


@pytest.mark.parametrize("frozen_again", [False, True])
@pytest.mark.parametrize("recorded", [False, True])
def test_a_planted_rule_is_seen(frozen_again, recorded):
    """A threshold moved after a result, whether or not the history had the result by then."""
    before = freeze([claim()], ERROR, {}, result(claim()) if recorded else {}, TODAY)
    planted = claim(arguments=bound.Rule("below", 2.0))
    if frozen_again:
        before = freeze([planted], ERROR, before, result(claim()), LATER)
    standing = compare([planted], ERROR, before)["one"]
    assert standing.changed == (frozen_again or recorded)
    assert ("changed after a result" in standing.words) == standing.changed
    assert standing.frozen == ("2026-12-01" if frozen_again else None)


def test_a_rule_that_changed_before_any_result_is_no_fault():
    after = freeze([claim(run="wgan")], ERROR, {}, {}, TODAY)
    after = freeze([claim()], ERROR, after, {}, LATER)
    after = freeze([claim()], ERROR, after, result(claim()), LATER)
    standing = compare([claim()], ERROR, after)["one"]
    assert not standing.changed
    assert standing.words == "frozen since 2026-12-01; first verdict: holds"


def test_a_result_of_the_old_rule_is_not_the_first_of_the_new():
    before = freeze([claim()], ERROR, {}, {}, TODAY)
    changed = claim(run="wgan")
    after = freeze([changed], ERROR, before, result(claim()), LATER)
    assert after["one"].verdict is None
    assert after["one"].seen


def test_a_claim_that_is_taken_out_stays_listed_and_undecided():
    before = freeze([claim(), theorem()], ERROR, {}, result(claim(), "fails"), TODAY)
    assert history.withdrawn([], before).keys() == {"one", "two"}
    after = freeze([], ERROR, before, {}, LATER)
    assert (after["one"].withdrawn, after["one"].verdict) == ("2026-12-01", "fails")
    assert after["one"].claim == "The mean is small."
    assert freeze([], ERROR, after, {}, date(2027, 1, 1)) == after
    assert history.decided_share(["holds", "fails", "undecided"], after) == 2 / 4


def test_to_take_a_claim_out_and_put_it_back_changed_hides_nothing():
    after = freeze([claim()], ERROR, {}, result(claim(), "fails"), TODAY)
    after = freeze([], ERROR, after, {}, TODAY)
    planted = claim(arguments=bound.Rule("below", 2.0))
    after = freeze([planted], ERROR, after, {}, LATER)
    assert after["one"].withdrawn is None
    assert [e.verdict for e in after["one"].earlier] == ["fails"]
    assert compare([planted], ERROR, after)["one"].changed


def test_a_claim_that_comes_back_as_it_was_stands_again():
    before = freeze([claim()], ERROR, {}, result(claim(), "fails"), TODAY)
    after = freeze([claim()], ERROR, freeze([], ERROR, before, {}, LATER), {}, LATER)
    assert after == before


def test_it_is_read_as_it_was_written():
    after = freeze([claim(), theorem()], ERROR, {}, result(claim()), TODAY)
    after = freeze([claim(run="wgan")], ERROR, after, {}, LATER)
    written = history.text(after)
    assert parsed(YAML(typ="safe", pure=True).load(written), "history.yaml") == after
    assert history.text(dict(reversed(after.items()))) == written
    assert parsed(None, "history.yaml") == {}


def test_a_claim_that_is_renamed_takes_its_history_along(monkeypatch):
    monkeypatch.setattr(history, "CLAIMS", {"one": "new", "other": "nowhere"})
    told = {"one": Result(rule_hash(claim(), ERROR), "fails")}
    before = freeze([claim(), claim("other")], ERROR, {}, told, TODAY)
    after = freeze([claim("new", arguments=bound.Rule("above", 1.0))], ERROR, before, {}, LATER)
    assert after.keys() == {"new", "other"}
    assert [(e.hash, e.verdict) for e in after["new"].earlier] == [(*told["one"],)]
    assert after["new"].seen
    assert after["new"].withdrawn is None
    assert after["other"].withdrawn == LATER.isoformat()


def test_the_claims_that_were_withdrawn_before_there_was_a_history_are_in_it():
    """Of commits 13a61dd and 72051f0."""
    content = Path("history.yaml").read_text(encoding="utf-8")
    entries = parsed(YAML(typ="safe", pure=True).load(content), "history.yaml")
    assert history.text(entries) == content
    gone = {name: entry.verdict for name, entry in entries.items() if entry.withdrawn}
    assert (
        gone.items()
        >= {
            "pieces-are-as-good-on-the-grid": "fails",
            "pieces-cover-the-grid": "undecided",
            "unrolled-10-keeps-the-grid": None,
            "unrolled-10-loses-less-on-the-grid": None,
        }.items()
    )


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"hash": "xyz"}, r"history.yaml: one\.hash"),
        ({"frozen": "yesterday"}, r"history.yaml: one\.frozen"),
        ({"verdict": "true"}, r"one\.verdict: must be 'holds', 'fails' or 'undecided', not"),
        ({"frosen": "2026-11-22"}, r"one\.frosen: unknown"),
    ],
)
def test_a_faulty_entry_is_a_line_with_its_key(change, because):
    entry = freeze([claim()], ERROR, {}, {}, TODAY)["one"].model_dump()
    with pytest.raises(StudyError, match=because):
        parsed({"one": entry | change}, "history.yaml")
    with pytest.raises(StudyError, match="must be a mapping"):
        parsed(["one"], "history.yaml")


@dataclass
class Past:
    """What really happened to a claim: the rules that it had at a freeze, results in sight."""

    rules: list[str] = field(default_factory=list)
    seen: bool = False


class Histories(RuleBasedStateMachine):
    """Any sequence of edits, results, withdrawals and freezes."""

    def __init__(self):
        super().__init__()
        self.history, self.day = {}, TODAY
        self.now, self.results, self.past = None, {}, Past()

    @rule(threshold=st.sampled_from([1.0, 2.0, 3.0]))
    def edit(self, threshold):
        self.now = claim(arguments=bound.Rule("below", threshold))

    @rule()
    def take_out(self):
        self.now = None

    @rule(verdict=st.sampled_from(["holds", "fails", "undecided"]))
    def measure(self, verdict):
        if self.now is not None:
            self.results = result(self.now, verdict)

    @rule()
    def freeze(self):
        before, self.day = copy.deepcopy(self.history), self.day + timedelta(1)
        claims = [self.now] if self.now else []
        self.history = freeze(claims, ERROR, self.history, self.results, self.day)
        for name, entry in before.items():
            kept = self.history[name]
            hashes = [e.hash for e in kept.earlier] + [kept.hash]
            old = [e.hash for e in entry.earlier] + [entry.hash]
            assert hashes[: len(old)] == old
            if kept.hash == entry.hash:
                assert kept.frozen == entry.frozen
                assert entry.verdict in (None, kept.verdict)
        if self.now:
            digest = rule_hash(self.now, ERROR)
            if not self.past.rules or self.past.rules[-1] != digest:
                self.past.rules.append(digest)
                self.past.seen |= bool(self.results) and len(self.past.rules) > 1

    @invariant()
    def a_change_after_a_result_is_always_told(self):
        if self.now and self.past.seen and self.past.rules[-1] == rule_hash(self.now, ERROR):
            assert compare([self.now], ERROR, self.history)["one"].changed


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=15)
