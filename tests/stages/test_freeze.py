"""What is frozen is entered once, by a command, and only compared by the stages."""

import json
from datetime import date
from types import SimpleNamespace

import pytest

from pipeline.results import schema
from pipeline.results.files import write_text
from pipeline.search import winners
from pipeline.stages import check, claims, freeze
from pipeline.study import reader, trainings
from pipeline.study.errors import StudyError
from pipeline.verdicts import history
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
"""
RECORD = made.record(range(4))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of one run and one claim. Returns what sets the run's arguments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(claims, "outcomes", lambda nodes: {})
    write_text("claims.yaml", LEDGER)

    def trained(**arguments):
        record = made.record(range(4), arguments=arguments)
        experiments = {"ring": made.experiment({"gan": record}, ["value"])}
        found = SimpleNamespace(experiments=experiments, budget="cpu")
        monkeypatch.setattr(check, "study", lambda: found)
        run = made.measured(record, {"value.game": [0.1, 0.2, 0.3, 0.2]})
        schema.write("reports/metrics/ring.json", schema.Measurements("ring", {"gan": run}))
        return found

    trained(latent=2)
    return trained


def decided():
    claims.main()
    with open("reports/claims.json", encoding="utf-8") as file:
        content = json.load(file)
    return content["claims"][0] if content["claims"] else None, content


def test_before_anything_is_frozen_a_claim_says_so(study):
    found, _ = decided()
    assert (found["verdict"], found["frozen"], found["history"]) == ("holds", None, "not frozen")
    assert found["rests_on"][0]["settings"] == "not frozen"


def test_a_rule_that_is_frozen_first_keeps_its_day_and_its_first_verdict(study, tmp_path):
    freeze.main("2026-01-02")
    assert decided()[0]["history"] == "frozen since 2026-01-02"
    freeze.main("2026-03-04")  # a result is there now: its verdict is entered, the day stays
    found, _ = decided()
    assert (found["frozen"], found["first"], found["changed"]) == ("2026-01-02", "holds", False)
    assert found["rests_on"][0]["settings"] == "frozen"
    before = (tmp_path / history.FILE).read_bytes()
    freeze.main("2026-05-06")
    assert (tmp_path / history.FILE).read_bytes() == before


def test_a_rule_that_changes_after_its_result_is_shown(study):
    freeze.main("2026-01-02")
    decided()
    write_text("claims.yaml", LEDGER.replace("threshold: 1", "threshold: 2"))
    found, _ = decided()
    assert found["frozen"] is None
    freeze.main("2026-03-04")
    found, _ = decided()
    assert found["changed"]
    assert "changed after a result" in found["history"]


def test_a_ledger_of_older_code_is_in_sight(study):
    """It has no hashes, so its verdict is no first one; but it was seen."""
    _, content = decided()
    del content["sha256"]  # its seal, which older code did not set
    for claim in content["claims"]:
        del claim["hash"]
    write_text("reports/claims.json", json.dumps(content))
    freeze.main("2026-01-02")
    entry = history.read()["small"]
    assert (entry.seen, entry.verdict) == (True, None)


def test_a_withdrawn_claim_stays_with_what_it_was_and_counts_as_undecided(study):
    freeze.main("2026-01-02")
    decided()
    freeze.main("2026-01-03")
    other = LEDGER.replace("id: small", "id: other")
    write_text("claims.yaml", other)
    freeze.main("2026-01-04")
    _, content = decided()
    assert content["withdrawn"] == [
        {
            "id": "small",
            "claim": "The mean is small.",
            "rule": "bound",
            "frozen": "2026-01-02",
            "withdrawn": "2026-01-04",
            "verdict": "holds",
        }
    ]
    assert content["study"]["decided"] == 0.5


def test_an_edited_run_is_yours_and_turns_nothing_red(study):
    freeze.main("2026-01-02")
    told = study(latent=3)
    assert freeze.told(told)[-1] == "ring/gan: yours, untuned"
    found, _ = decided()
    assert (found["verdict"], found["rests_on"][0]["settings"]) == ("holds", trainings.YOURS)
    write_text("claims.yaml", LEDGER.replace("side: below", "side: above"))
    found, _ = decided()
    assert found["verdict"] == "undecided"
    assert found["because"].startswith("Not tuned: gan is not tuned. By its rule the claim fails")


def test_settings_that_change_after_their_seeds_had_run_are_told(study, capsys):
    freeze.main("2026-01-02")
    study(latent=3)
    freeze.main("2026-01-03")
    assert capsys.readouterr().out.splitlines()[-1] == (
        "ring/gan: seeds [0, 1, 2, 3] had other settings before; it moves on to new ones"
    )
    assert decided()[0]["rests_on"][0]["settings"] == trainings.REUSED


def test_check_says_what_the_seeds_are_for(study):
    assert freeze.told(study(latent=2)) == ["seeds: 1 runs are for tests"]


def test_the_day_is_a_day(study):
    with pytest.raises(StudyError, match="--day: 'soon' is no day"):
        freeze.main("soon")
    freeze.main()
    assert history.read()["small"].frozen == date.today().isoformat()


def test_what_twice_the_rounds_changed_is_entered_and_without_the_searches_nothing(
    monkeypatch, tmp_path
):
    """Of the committed study. A run has the doubling of its settings, whatever search found them:
    features/mlp is autoencoders/mlp; of two that of the metric that is to be flat, and of the
    most rounds."""
    experiments = reader.read("params.yaml").experiments
    entered = freeze._doubled(experiments)
    assert entered["ring/gan"].once >= 12000
    assert entered["features/mlp"] == entered["autoencoders/mlp"]
    known = winners.read("tuning/winners.yaml")
    for name, doubled in entered.items():
        e, r = name.split("/")
        run, flat = experiments[e].runs[r], experiments[e].converged
        found = [d for w in known.values() if (d := winners.doubling(run, w))]
        asked = [d for d in found if flat and f"{d.metric}_by_round" == flat.metric] or found
        assert doubled.once == max(d.once for d in asked), name
        assert doubled in asked
    monkeypatch.setattr(freeze, "ROOT", tmp_path)
    assert freeze._doubled(experiments) == {}
