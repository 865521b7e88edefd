"""A stage uses what it has read at its start, and fails if that is other at its end.

Else DVC, which hashes afterwards, would record the new number beside a result of the old one.
"""

import re
from pathlib import Path

import pytest

from pipeline.execution import done, units, worker
from pipeline.results.files import read_json, read_npz, write_npz, write_text
from pipeline.stages import check, claims, evaluate, prepare, report, train
from pipeline.study.errors import DATA, StudyError
from tests import tiny
from tests.execution.interrupted import at_round
from tests.execution.test_done import trained_here

pytestmark = pytest.mark.usefixtures("traced_once")

SLOW, FAST = ({"optimizer": {"name": "adam", "lr": lr}} for lr in (0.001, 0.05))
LEDGER = """
error: 0.05
claims:
  - id: modes
    claim: The modes are found.
    documents: [T001]
    statistic: mean over seeds
    experiment: toy
    run: gan
    metric: coverage.modes_hit
    rule: bound
    arguments: { side: above, threshold: 1 }
    reason: One is few.
"""


def params(train=SLOW, **other):
    """Experiment toy, and another one with a run of other settings."""
    content = tiny.params(gan={"train": {"rounds": 40} | train})
    content["experiments"]["other"] = tiny.params(wide=other)["experiments"]["toy"]
    return content


@pytest.fixture
def study(folder, monkeypatch):
    trained_here(monkeypatch)
    tiny.write(folder, params())
    write_text("claims.yaml", LEDGER)
    return folder


def fails(what, *arguments):
    """The line with which a stage ends whose inputs have moved."""
    with pytest.raises(StudyError, match="changed while this stage ran") as told:
        what(*arguments)
    assert told.value.code == DATA
    return str(told.value)


def another(file="data/ring.npz"):
    """The data change: one number of them."""
    arrays = read_npz(file)
    arrays["train_x"] = arrays["train_x"] + 1
    write_npz(file, arrays)


def test_a_learning_rate_that_is_edited_while_a_run_trains(study, monkeypatch):
    """The stage fails, what was trained is whole, and the next call trains what is asked now."""
    before = units.units(check.study(), "toy")[0]
    at_round(monkeypatch, 30, lambda: tiny.write(study, params(FAST)))
    assert "params.yaml" in fails(train.main, "toy")
    now = units.units(check.study(), "toy")[0]
    assert now.fingerprint != before.fingerprint
    assert (done.is_done(before), done.is_done(now)) == (True, False)
    train.main("toy")
    assert read_json("runs/toy/gan/run.json")["train"]["optimizer"]["lr"] == 0.05


def test_another_experiment_may_be_edited_meanwhile(study, monkeypatch):
    edited = params(arguments={"latent": 2, "width": 7})
    edited["experiments"]["toy"]["question"] = "And now?"
    at_round(monkeypatch, 30, lambda: tiny.write(study, edited))
    train.main("toy")
    assert Path("runs/toy/gan/run.json").is_file()


def test_a_file_that_is_half_edited_counts_as_changed(study, monkeypatch):
    at_round(monkeypatch, 30, lambda: write_text("params.yaml", "experiments: {"))
    assert "params.yaml" in fails(train.main, "toy")


def test_data_that_change_while_a_run_trains(study, monkeypatch):
    at_round(monkeypatch, 30, another)
    assert "data/ring.npz" in fails(train.main, "toy")


def test_data_that_change_before_a_trainer_reads_them(study):
    """It would be done for ever, under the fingerprint of the data before."""
    (unit,) = units.units(check.study(), "toy")
    another()
    with pytest.raises(StudyError, match=r"data/ring\.npz: changed since") as told:
        worker.train(unit, 1000.0)
    assert told.value.code == DATA
    assert not done.is_done(unit)


@pytest.fixture
def trained(study):
    train.main("toy")
    return study


@pytest.mark.parametrize("what", ["params.yaml", "data/ring.npz", "runs/toy/gan/weights.npz"])
def test_what_changes_while_runs_are_measured(trained, monkeypatch, what):
    edits = {
        "params.yaml": lambda: tiny.write(trained, params(FAST)),
        "data/ring.npz": another,
        "runs/toy/gan/weights.npz": lambda: Path("runs/toy/gan/weights.npz").unlink(),
    }
    predicted = evaluate.predicted

    def meanwhile(runs):
        edits[what]()
        return predicted(runs)

    monkeypatch.setattr(evaluate, "predicted", meanwhile)
    assert what in fails(evaluate.main, "toy")


def test_what_changes_while_claims_are_decided_and_the_page_is_drawn(trained, monkeypatch):
    evaluate.main("toy")
    with monkeypatch.context() as patched:
        edit = LEDGER.replace("threshold: 1", "threshold: 2")
        patched.setattr(claims, "outcomes", lambda _: write_text("claims.yaml", edit) or {})
        assert "claims.yaml" in fails(claims.main)
    claims.main()
    with monkeypatch.context() as patched:
        file = Path("reports/metrics/toy.json")
        patched.setattr(report, "page", lambda *_: file.unlink() or "")
        assert str(file) in fails(report.main)


def test_a_data_block_that_is_edited_while_data_are_made(study, monkeypatch):
    content = params()
    content["data"]["ring"]["seed"] = 5
    monkeypatch.setattr(prepare, "digest", lambda _: tiny.write(study, content) or "")
    assert "params.yaml" in fails(prepare.main)


def test_what_is_stale_is_not_measured_and_not_shown(trained, capsys):
    """Without DVC: the learning rate is changed after the training, and the stages are run on."""
    evaluate.main("toy")
    claims.main()
    report.main()
    assert "warning" not in capsys.readouterr().err
    tiny.write(trained, params(FAST))
    line = r"other settings .*train\.optimizer\).*train toy"
    with pytest.raises(StudyError, match=line) as told:
        evaluate.main("toy")
    assert told.value.code == DATA
    for stage in (claims, report):
        stage.main()
        err = capsys.readouterr().err
        assert "warning: toy.gan: measured with other settings" in err
    page = Path("reports/index.html").read_text(encoding="utf-8")
    assert "not yet measured" in page.lower()
    assert verdicts()["modes"] == "undecided"


def verdicts():
    return {c["id"]: c["verdict"] for c in read_json("reports/claims.json")["claims"]}


def test_a_run_of_other_code_is_not_measured(trained, monkeypatch):
    monkeypatch.setattr(evaluate, "training_code", lambda model, *_: "0123456789ab")
    with pytest.raises(StudyError, match=r"runs/toy/gan: trained by other code \(.*0123456789ab"):
        evaluate.main("toy")


def test_verdicts_on_other_numbers_are_not_shown(trained):
    """A run is measured again, and its claims are not decided again."""
    evaluate.main("toy")
    claims.main()
    tiny.write(trained, params(FAST))
    train.main("toy")
    evaluate.main("toy")
    with pytest.raises(StudyError, match=r"claims\.json: stale, .*metrics/toy\.json") as told:
        report.main()
    assert told.value.code == DATA
    claims.main()
    report.main()


@pytest.mark.parametrize("name", ["reports/metrics/toy.json", "reports/claims.json"])
def test_a_digit_that_is_edited_by_hand_is_noticed(trained, name):
    evaluate.main("toy")
    claims.main()
    text = Path(name).read_text(encoding="utf-8")
    digit = re.compile(r'("(?:high|decided)": .*)(\d)')
    edited = digit.sub(lambda m: f"{m[1]}{9 - int(m[2])}", text, count=1)
    assert edited != text
    Path(name).write_text(edited, encoding="utf-8")
    with pytest.raises(StudyError, match=f"{name}: its content is not what was written"):
        report.main()
