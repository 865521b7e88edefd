"""The first train stage of a whole study trains what later ones will collect, and no more."""

import shutil

import pytest

from pipeline.execution import ahead, asked, done, ready, scheduler, units, worker
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
    monkeypatch.setattr(asked, "whole_study", lambda: True)
    monkeypatch.setenv("DSTAR_TRACKING", "off")
    monkeypatch.setattr(train.processes, "die_with_parent", lambda: None)


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


@pytest.mark.slow
def test_what_was_trained_ahead_is_copied_while_all_is_as_it_was(folder, whole, capfd):
    """The list of the first stage counts for the params, data and files that it was made of."""
    study(folder, alike={}, wide=WIDE)
    train.main("toy")
    capfd.readouterr()
    assert not ready.collected("train", "toy")  # which has collected its own
    assert ready.collected("train", "other")
    told = capfd.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in told] == [
        "other.alike: was done",
        "other.wide: was done",
    ]
    kept = {file: file.read_bytes() for file in (folder / "runs/other").rglob("*.*")}
    assert len(kept) == 10
    (folder / "runs/other/wide/mine.txt").write_text("stays")
    shutil.copytree("runs/other/wide", "runs/other/gone")
    assert ready.collected("train", "other")  # DVC leaves what is in the folder
    assert not (folder / "runs/other/gone/weights.npz").exists()
    for run in ("gone", "wide"):
        (folder / "runs/other" / run / "mine.txt").unlink()
    shutil.rmtree("runs/other")
    settings = check.study()
    train.main("other")
    assert {file: file.read_bytes() for file in (folder / "runs/other").rglob("*.*")} == kept
    shutil.rmtree("runs/other")
    wide = units.units(settings, "other")[1]
    weights = (wide.folder / "weights.npz").read_bytes()
    (wide.folder / "weights.npz").write_bytes(weights[:-1])
    assert not ready.collected("train", "other")
    (wide.folder / "weights.npz").write_bytes(weights)
    shutil.rmtree("runs/other")
    study(folder, alike={}, wide=WIDE | {"train": {"rounds": 41}})
    assert not ready.collected("train", "other")
