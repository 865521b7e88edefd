"""The first train stage of a whole study trains what later ones will collect, and no more."""

import shutil

import pytest

from pipeline.execution import ahead, done, scheduler, units, worker
from pipeline.stages import check, train
from pipeline.study.errors import NON_FINITE, StudyError
from tests import tiny

WIDE = {"arguments": {"latent": 2, "width": 5}}
EXPLODES = {"train": {"rounds": 40, "optimizer": {"name": "sgd", "lr": 1e30}}}


def study(folder, **runs):
    """Experiments toy, with a run gan, and other, with these runs."""
    content = tiny.params(gan={})
    content["experiments"]["other"] = tiny.params(**runs)["experiments"]["toy"]
    tiny.write(folder, content | {"processes": 2})
    return check.study()


@pytest.fixture
def whole(monkeypatch):
    """A stage of a `dvc repro` of the whole study."""
    monkeypatch.setattr(ahead, "whole_study", lambda: True)
    monkeypatch.setenv("DSTAR_TRACKING", "off")
    monkeypatch.setattr(train.processes, "die_with_parent", lambda: None)


@pytest.mark.parametrize(
    ("line", "all_of_it"),
    [
        ("dvc repro", True),
        ("/usr/bin/python /a/b/.venv/bin/dvc repro -f -k", True),
        ("python -m dvc -v --cd mnist repro", True),
        ("python /lib/dvc/__main__.py repro", True),
        ("dvc exp run -n longer -S ++experiments.ring.runs.gan.train.rounds=2", True),
        ("dvc repro train@ring", False),
        ("dvc exp run -S train.rounds=2 train@ring", False),
        ("dvc repro -s", False),
        ("dvc repro --pull", False),
        ("dvc repro --allow-missing", False),
        ("dvc exp exec-run --infofile repro", False),
        ("dvc status", False),
        ("dvc nonsense", False),
        ("bash dvc", False),
        ("make repro", False),
        ("", False),
    ],
)
def test_a_command_that_leaves_stages_out_asks_for_no_other(line, all_of_it, capsys):
    assert ahead.asks_for_all(line.split()) == all_of_it


def test_a_stage_that_no_dvc_has_started_trains_its_own_runs(monkeypatch):
    monkeypatch.setattr(ahead, "_parent", lambda: ["dvc", "repro"])
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert not ahead.whole_study()
    monkeypatch.setenv("DVC_STAGE", "train@toy")
    assert ahead.whole_study()


def test_what_is_in_work_or_in_runs_is_not_stale(folder):
    """`gone` is nowhere, `kept` in runs/ alone, `done` in work/ alone, `old` not as it stands."""
    runs = {
        "gone": {},
        "kept": WIDE,
        "done": {"train": {"rounds": 2}},
        "old": {"train": {"rounds": 3}},
    }
    settings = study(folder, **runs)
    gone, kept, finished, old = units.units(settings, "other")
    for u in (kept, finished, old):
        worker.train(u, 1000.0)
    done.collect(kept)
    shutil.rmtree(kept.folder)
    shutil.copytree("runs/other/kept", "runs/other/old")
    (old.folder / "weights.npz").unlink()
    assert [u.name for u in ahead.stale(settings, "toy")] == ["gone", "old"]
    assert ahead.stale(settings, "other")[0].fingerprint == gone.fingerprint  # toy.gan is alike


def test_an_experiment_without_its_data_is_left_to_its_own_stage(folder):
    settings = study(folder, wide=WIDE)
    (folder / "data/ring.npz").unlink()
    assert ahead.stale(settings, "toy") == []


@pytest.mark.slow
def test_the_first_stage_trains_all_and_the_second_collects(folder, whole, monkeypatch, capfd):
    """One run is trained once under two names; one that fails does so in its own stage."""
    settings = study(folder, alike={}, wide=WIDE, explodes=EXPLODES)
    train.main("toy")
    told = capfd.readouterr()
    alike, wide, explodes = units.units(settings, "other")
    assert "2 runs of other experiments are trained ahead" in told.out
    assert f"other.wide: trained ahead ({wide.fingerprint})" in told.out
    assert "other.explodes: not trained ahead, failed with exit code 3" in told.out
    assert (folder / "runs/toy/gan/weights.npz").is_file()
    assert not (folder / "runs/other").exists()
    assert [done.is_done(u) for u in (alike, wide, explodes)] == [True, True, False]
    monkeypatch.setattr(ahead, "stale", lambda *_: [])
    with pytest.raises(StudyError, match=r"other\.explodes: its trainer failed") as failed:
        train.main("other")
    assert failed.value.code == NON_FINITE
    study(folder, alike={}, wide=WIDE)
    monkeypatch.setattr(scheduler, "side_by_side", lambda *_: pytest.fail("trained again"))
    assert train.main("other") == 0.0
    told = capfd.readouterr().out
    assert "other.wide: was done" in told
    assert (folder / "runs/other/wide/weights.npz").is_file()


def test_a_stage_with_nothing_to_train_looks_no_further(folder, whole, monkeypatch):
    settings = study(folder, wide=WIDE)
    worker.train(units.units(settings, "toy")[0], 1000.0)
    monkeypatch.setattr(ahead, "stale", lambda *_: pytest.fail("looked at others"))
    monkeypatch.setattr(train.processes, "load_libraries", lambda *_: None)
    train.main("toy")
    assert not (folder / "runs/other").exists()
