"""Stage claims: files in, verdicts out, the same bytes each time."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from scipy import stats

from pipeline.results import schema
from pipeline.results.files import digest, write_text
from pipeline.stages import check, claims
from pipeline.study.errors import USAGE, StudyError
from pipeline.study.schema import Converged
from pipeline.verdicts.power import replicas_for
from tests.results import made

LEDGER = """
error: 0.05
claims:
  - id: small
    claim: The mean is small.
    documents: [T001]
    statistic: mean over seeds
    experiment: ring
    run: gan
    metric: value.game
    rule: bound
    arguments: { side: below, threshold: 1 }
    reason: One is small.
  - id: often
    claim: Most seeds reach two.
    documents: [T001, T002]
    statistic: share of seeds
    experiment: ring
    run: gan
    metric: coverage.modes
    rule: binomial
    arguments: { at_least: 2, side: above, share: 0.5 }
    reason: Most is more than half.
  - id: elsewhere
    claim: The mean is zero.
    documents: [T001]
    statistic: mean over seeds
    experiment: digits
    run: gan
    metric: value.game
    rule: equivalence
    arguments: { target: 0, margin: 0.5 }
    reason: Half is nothing.
  - id: proved
    claim: It is so.
    documents: [T002]
    statistic: all cases
    rule: theorem
    test: tests/test_some.py::test_it_is_so
"""
RECORD = made.record(range(4))
VALUES = {"value.game": [0.1, 0.2, 0.3, 0.2], "coverage.modes": [2.0, 2.0, 1.0, None]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small study, measured in part, whose theorem's test passes unless a test says other."""
    monkeypatch.chdir(tmp_path)
    asked_for = made.experiment({"gan": RECORD}, ["value", "coverage"])
    experiments = {"ring": asked_for, "digits": asked_for}
    monkeypatch.setattr(
        check, "study", lambda: SimpleNamespace(experiments=experiments, budget="cpu")
    )
    asked = []

    def outcomes(nodes):
        asked.append(nodes)
        return dict.fromkeys(nodes, "passed")

    monkeypatch.setattr(claims, "outcomes", outcomes)
    write_text("claims.yaml", LEDGER)
    measured(VALUES)
    return asked


def measured(values, diverged=(), **changes):
    """What stage evaluate leaves of the run: these values, of a training with these changes."""
    record = made.record(range(4), **changes)
    run = made.measured(record, values, diverged=list(diverged))
    schema.write("reports/metrics/ring.json", schema.Measurements("ring", {"gan": run}))


def decided():
    claims.main()
    found = content()
    return {claim["id"]: claim for claim in found["claims"]}, found["counts"]


def content():
    with open("reports/claims.json", encoding="utf-8") as file:
        return json.load(file)


def test_every_claim_has_its_verdict_and_numbers(folder, capsys):
    found, counts = decided()
    assert list(found) == ["small", "often", "elsewhere", "proved"]
    assert counts == {"holds": 2, "fails": 0, "undecided": 2}
    small = found["small"]
    assert (small["verdict"], small["n"], small["threshold"]) == ("holds", 4, 1)
    assert small["estimate"] == pytest.approx(0.2)
    assert small["low"] < 0.2 < small["high"] < 1
    assert small["documents"] == ["T001"]
    assert found["often"]["because"].startswith("The metric is undefined for 1 of 4 replicas")
    assert found["proved"]["test"] == "tests/test_some.py::test_it_is_so"
    assert found["proved"]["because"] == "Its test passes."
    assert folder == [["tests/test_some.py::test_it_is_so"]]  # all theorems in one go
    assert capsys.readouterr().out.splitlines()[0].startswith("holds      small: The mean over 4")


def test_all_claims_have_the_same_keys(folder):
    found, _ = decided()
    keys = {
        "id claim documents corrections rule reason statistic experiment run runs metric versus "
        "versus_metric test target threshold verdict because estimate low high level n scale "
        "budget smallest_effect replicas rests_on hash frozen first changed history"
    }
    assert {" ".join(claim) for claim in found.values()} == keys


def test_the_error_is_shared_by_the_claims_that_share_a_training(folder):
    """The run of `digits` is that of `ring`, seed by seed: one family of three, at 1/60 each."""
    found, _ = decided()
    level = 1 - 2 * 0.05 / 3
    assert found["small"]["level"] == pytest.approx(level)
    t = stats.t.ppf((1 + level) / 2, 3)
    half = t * math.sqrt(0.02 / 3 / 4)  # 3 degrees of freedom; variance 0.02 / 3
    assert found["small"]["high"] - 0.2 == pytest.approx(half, rel=1e-6)
    for name in ("small", "often", "elsewhere"):
        assert "96.6667 %" in found[name]["rule"]


def test_a_heading_makes_no_family_and_the_study_wide_error_is_stated(folder):
    """Other rounds: another training, alone with its claim; 0.05 for each of two families."""
    other = made.record(range(4), train=RECORD.train.model_copy(update={"rounds": 9}))
    experiments = check.study().experiments
    experiments["digits"] = made.experiment({"gan": other}, ["value", "coverage"])
    found, _ = decided()
    assert "95 % interval" in found["small"]["rule"]
    assert "90 % interval" in found["elsewhere"]["rule"]
    study = content()["study"]
    assert (study["families"], study["largest"], study["measured"]) == (2, 2, 3)
    families = [claim["family"] for claim in found.values()]
    assert {families.count(k) for k in (1, 2)} == {1, 2}  # told of each claim, of theorems none
    assert found["small"]["family"] != found["elsewhere"]["family"]
    assert study["expected_wrong"] == pytest.approx(0.1)
    assert study["decided"] == pytest.approx(1 / 3, abs=1e-6)


def test_what_is_known_of_its_training_stands_beside_a_claim(folder):
    (told,) = decided()[0]["small"]["rests_on"]
    assert (told["run"], told["rounds"], told["converged"]) == ("gan", 2000, None)
    assert decided()[0]["proved"]["rests_on"] is None
    assert content()["study"]["unshown"] == 0  # what holds here goes against no run


def test_a_run_that_has_not_converged_cannot_fail(folder):
    """Three snapshots are too few to show anything."""
    flat = Converged(metric="value.by_round", margin=0.1)
    found = check.study().experiments
    found["ring"] = made.experiment({"gan": RECORD}, ["value", "coverage"], converged=flat)
    series = schema.Series("m", "", [1, 2, 3], [[1.0, 1.0, 1.0]] * 4, None, "")
    run = made.measured(RECORD, VALUES, series={"value.by_round": series})
    schema.write("reports/metrics/ring.json", schema.Measurements("ring", {"gan": run}))
    write_text("claims.yaml", LEDGER.replace("threshold: 1", "threshold: 0"))
    small = decided()[0]["small"]
    assert (small["verdict"], small["rests_on"][0]["converged"]) == ("undecided", False)
    assert small["because"].startswith("Not converged: gan has not converged")
    written = LEDGER.replace("threshold: 1", "threshold: 0").replace(
        "reason", "budget: true\n    reason"
    )
    write_text("claims.yaml", written)
    assert decided()[0]["small"]["verdict"] == "fails"


def test_the_seeds_that_the_smallest_effect_takes_are_told(folder):
    effect = "    smallest_effect: 0.05\n    reason: One is small.\n"
    write_text("claims.yaml", LEDGER.replace("    reason: One is small.\n", effect))
    small = decided()[0]["small"]
    sd = math.sqrt(0.02 / 3)
    assert small["replicas"] == replicas_for(0.05, sd, small["level"], "mean")


def test_what_has_not_been_measured_is_undecided(folder):
    found, _ = decided()
    claim = found["elsewhere"]
    assert (claim["verdict"], claim["estimate"], claim["n"]) == ("undecided", None, None)
    assert claim["because"] == "Not yet measured: value.game of digits.gan."
    assert claim["threshold"] == 0.5


def test_the_bytes_are_the_same_each_time(folder):
    claims.main()
    first = digest("reports/claims.json")
    claims.main()
    assert digest("reports/claims.json") == first


def test_a_null_among_the_values_is_not_a_zero(folder):
    measured(VALUES | {"value.game": [0.1, None, 0.3, 0.2]})
    small = decided()[0]["small"]
    assert (small["verdict"], small["estimate"], small["n"]) == ("undecided", None, 4)
    measured(VALUES | {"value.game": [0.1, None, 0.3, 0.2]}, diverged=[1])
    small = decided()[0]["small"]
    assert (small["verdict"], small["estimate"], small["n"]) == ("fails", None, 4)


def test_metrics_of_this_training_are_taken(folder):
    schema.write("runs/ring/gan/run.json", RECORD)
    assert decided()[0]["small"]["verdict"] == "holds"


def test_metrics_of_another_training_decide_nothing(folder):
    """The run was trained again, or params.yaml has moved on: no claim rests on what was."""
    schema.write("runs/ring/gan/run.json", made.record(range(4), fingerprint="f" * 16))
    found, counts = decided()
    assert found["small"]["because"] == "Not yet measured: value.game of ring.gan."
    assert counts == {"holds": 1, "fails": 0, "undecided": 3}
    Path("runs/ring/gan/run.json").unlink()
    for changes in ({"arguments": {"latent": 3}}, {"model": "wgan"}):
        measured(VALUES, **changes)
        assert decided()[0]["small"]["verdict"] == "undecided"


def test_a_metric_that_is_newer_than_the_report_decides_nothing(folder):
    measured({"value.game": VALUES["value.game"]})
    found, _ = decided()
    assert found["often"]["because"] == "Not yet measured: coverage.modes of ring.gan."
    assert found["small"]["verdict"] == "holds"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("coverage.moodes", r"ring.gan has no 'coverage.moodes'; .* mean 'coverage.modes'"),
        ("coverge.modes", r"'coverge' is no metric of these runs; .* mean 'coverage'"),
        ("modes_covered", r"'modes_covered' is named coverage.modes_hit now"),
    ],
)
def test_a_value_that_no_metric_gives_is_named(folder, wrong, line):
    write_text("claims.yaml", LEDGER.replace("coverage.modes", wrong))
    with pytest.raises(StudyError, match=rf"claims\.often.metric: {line}") as refused:
        claims.main()
    assert refused.value.code == USAGE
    assert "\n" not in str(refused.value)


def test_a_theorem_follows_its_test(folder, monkeypatch):
    monkeypatch.setattr(claims, "outcomes", lambda nodes: dict.fromkeys(nodes, "failed"))
    found, counts = decided()
    assert found["proved"]["verdict"] == "fails"
    assert counts == {"holds": 1, "fails": 1, "undecided": 2}
