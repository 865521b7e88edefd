"""Results on a DVC remote: whole or absent, found by fingerprint, and only if they are sound."""

import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.execution import done, units, worker
from pipeline.stages import check, work
from pipeline.study.errors import StudyError
from tests import tiny


@pytest.fixture
def trained(folder, tmp_path_factory):
    """A unit that has been trained, in a study with a folder as its remote."""
    tiny.write(folder, tiny.params(gan={}))
    Repo.init(no_scm=True).close()
    lab = tmp_path_factory.mktemp("lab")
    config = f"[core]\n    no_scm = true\n    remote = lab\n['remote \"lab\"']\n    url = {lab}\n"
    Path(".dvc/config").write_text(config, encoding="utf-8")
    (unit,) = units.units(check.study(), "toy")
    worker.train(unit, 1000.0)
    return unit, lab / "work" / unit.fingerprint


def test_what_was_pushed_is_pulled_and_is_done(trained, capsys):
    unit, _ = trained
    expected = tiny.result(unit)
    work.push()
    assert capsys.readouterr().out.splitlines()[-1] == "work push: 1 results"
    shutil.rmtree(unit.folder)
    work.pull(["toy"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("work pull: 1 results; 0 ")
    assert done.is_done(unit)
    assert tiny.result(unit) == expected


@pytest.mark.parametrize("fault", ["changed", "lost", "other", "no json", "outside"])
def test_what_is_not_sound_on_the_remote_is_not_used(trained, capsys, fault):
    """One line says so; the run is then trained, as if the remote had nothing."""
    unit, there = trained
    work.push()
    shutil.rmtree(unit.folder)
    weights, record = there / "weights.npz", there / done.RECORD
    told = record.read_text(encoding="utf-8")
    if fault == "changed":
        weights.write_bytes(weights.read_bytes()[::-1])
    elif fault == "lost":
        weights.unlink()
    else:
        changes = {
            "other": (unit.fingerprint, "0" * 16),
            "no json": ("{", ""),
            "outside": ("weights.npz", "../x.npz"),
        }
        record.write_text(told.replace(*changes[fault]), encoding="utf-8")
    capsys.readouterr()
    work.pull()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert "not whole, and not used" in said[0]
    assert not done.is_done(unit)
    assert not (unit.folder.parent / "x.npz").exists()


def test_what_runs_has_already_is_not_fetched(trained, monkeypatch):
    """After `dvc pull`, say: only the record comes from the remote."""
    unit, _ = trained
    work.push()
    done.collect(unit)
    shutil.rmtree(unit.folder)
    read, fetched = work.Store.read, []

    def noted(self, fingerprint, name):
        fetched.append(name)
        return read(self, fingerprint, name)

    monkeypatch.setattr(work.Store, "read", noted)
    work.pull()
    assert fetched == [done.RECORD]
    assert done.is_done(unit)


def test_without_a_remote_there_is_one_line_that_says_how_to_make_one(trained):
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    with pytest.raises(StudyError, match="dvc remote add -d") as e:
        work.pull()
    assert len(str(e.value).splitlines()) == 1
