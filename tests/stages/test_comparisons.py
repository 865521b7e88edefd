"""Two runs are two samples, two metrics of one run are one; a correction is settled by claims."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from pipeline.results import schema
from pipeline.results.files import write_text
from pipeline.stages import check, claims
from pipeline.study.errors import USAGE, StudyError
from pipeline.verdicts import order
from tests.results import made

LEDGER = """
error: 0.05
corrections:
  K12: { said: The first is the best., instead: The second is. }
claims:
  - id: against
    claim: The first is below the second.
    documents: [T001]
    corrections: [K12]
    statistic: difference of the means
    experiment: ladder
    run: one
    versus: two
    metric: value.game
    rule: bound
    arguments: { side: below, threshold: 0 }
    reason: Sides of nothing.
  - id: within
    claim: One number of a run is another.
    documents: [T001]
    corrections: [K12]
    statistic: difference of two metrics
    experiment: ladder
    run: one
    metric: value.game
    versus_metric: value.other
    rule: equivalence
    arguments: { target: -1.5, margin: 3 }
    reason: Three is nothing.
  - id: rising
    claim: They rise.
    documents: [T001]
    statistic: the means
    experiment: ladder
    runs: [one, two, three]
    metric: value.game
    rule: order
    arguments: { side: below }
    reason: Up is up.
"""
SEEDS = [0, 1, 2, 3]
# Seeds differ far more than runs: pairs would show a difference that two samples do not.
ONE = [0.0, 10.0, 20.0, 30.0]
TWO = [1.1, 11.0, 20.9, 31.0]
THREE = [3.0, 13.1, 23.0, 32.9]


@pytest.fixture
def decided(tmp_path, monkeypatch):
    """Decides the ledger on these values of three runs; returns reports/claims.json."""
    monkeypatch.chdir(tmp_path)
    write_text("claims.yaml", LEDGER)

    def decide(seeds=SEEDS, diverged=(), **changes):
        records = {"one": made.record(SEEDS), "two": made.record(seeds)}
        records |= {"three": made.record(range(100, 104))}
        study = SimpleNamespace(
            experiments={"ladder": made.experiment(records, ["value"])}, budget="cpu"
        )
        monkeypatch.setattr(check, "study", lambda: study)
        found = {"one": ONE, "two": TWO, "three": THREE} | changes
        runs = {
            name: made.measured(
                records[name],
                {"value.game": values, "value.other": TWO},
                diverged=list(diverged) if name == "one" else [],
            )
            for name, values in found.items()
            if values is not None
        }
        schema.write("reports/metrics/ladder.json", schema.Measurements("ladder", runs))
        claims.main()
        with open("reports/claims.json", encoding="utf-8") as file:
            content = json.load(file)
        return {c["id"]: c for c in content["claims"]} | {"corrections": content["corrections"]}

    return decide


def test_it_is_the_test_of_welch(decided):
    found = decided()["against"]
    ends = stats.ttest_ind(ONE, TWO, equal_var=False).confidence_interval(1 - 2 * 0.05 / 3)
    np.testing.assert_allclose((found["low"], found["high"]), ends)
    assert (found["verdict"], found["n"], found["versus"]) == ("undecided", 8, "two")
    assert found["because"].startswith("one against two: Of 4 and 4 seeds the difference of the")
    assert found["rule"].startswith("one against two: Holds if the 96.6667 % interval of the diff")


def test_two_metrics_of_a_run_are_taken_replica_by_replica(decided):
    found = decided()["within"]
    assert found["estimate"] == pytest.approx(np.mean(ONE) - np.mean(TWO) + 1.5)
    assert found["target"] == -1.5
    assert found["because"].startswith(
        "value.game minus value.other, replica by replica: The mean"
    )
    ends = stats.ttest_rel(ONE, TWO).confidence_interval(1 - 2 * 0.05 / 3)
    np.testing.assert_allclose((found["low"] - 1.5, found["high"] - 1.5), ends)


def test_a_ladder_has_all_its_steps(decided):
    """The columns reach the rule in the order of the list; runs far enough apart do rise."""
    told = order.Rule("below").decide([ONE, TWO, THREE], 0.05 / 3)
    found = decided()["rising"]
    assert (found["verdict"], found["low"], found["high"]) == ("undecided", told.low, told.high)
    near, further, far = ([step + x / 100 for x in ONE] for step in (0, 1, 2))
    found = decided(one=near, two=further, three=far)["rising"]
    assert found["verdict"] == "holds"
    assert (found["runs"], found["run"], found["threshold"]) == (["one", "two", "three"], None, 0)


def test_the_seeds_may_differ_and_their_number_too(decided):
    same = decided()["against"]
    assert decided(seeds=[7, 8, 9, 10])["against"]["low"] == same["low"]
    found = decided(seeds=range(5), two=[*TWO, 40.0])["against"]
    ends = stats.ttest_ind(ONE, [*TWO, 40.0], equal_var=False).confidence_interval(1 - 0.1 / 3)
    np.testing.assert_allclose((found["low"], found["high"]), ends)
    assert found["n"] == 9


def test_what_has_one_value_is_no_sample(decided):
    line = r"claims.yaml: claims.against: two has one value.game, not one for each seed"
    with pytest.raises(StudyError, match=line) as refused:
        decided(two=[1.0])
    assert refused.value.code == USAGE


def test_a_metric_to_subtract_that_is_absent_is_named(decided):
    write_text("claims.yaml", LEDGER.replace("value.other", "value.othr"))
    with pytest.raises(StudyError, match=r"within.versus_metric: .* mean 'value.other'"):
        decided()


@pytest.mark.parametrize(("absent", "undecided"), [("two", ["against", "rising"])])
def test_a_run_that_was_not_measured_decides_nothing(decided, absent, undecided):
    found = decided(**{absent: None})
    assert [name for name in ("against", "within", "rising") if not found[name]["n"]] == undecided
    assert found["against"]["because"] == "Not yet measured: value.game of ladder.two."


def test_a_seed_that_is_not_finite_counts_against_the_claim(decided):
    lost = decided(one=[1.1, None, 20.9, 31.0], diverged=[1])
    assert [lost[name]["verdict"] for name in ("against", "within", "rising")] == ["fails"] * 3
    none = decided(one=[1.1, None, 20.9, 31.0])
    assert [none[n]["verdict"] for n in ("against", "within", "rising")] == ["undecided"] * 3


def test_a_correction_has_the_claims_that_settle_it(decided):
    assert decided()["corrections"] == [
        {
            "id": "K12",
            "said": "The first is the best.",
            "instead": "The second is.",
            "claims": ["against", "within"],
        }
    ]
