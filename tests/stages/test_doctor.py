"""What a kill, a merge or a disk has broken is found, told in a line, and mended where asked."""

import hashlib
import json
import os
import subprocess
from contextlib import suppress

import pytest

from pipeline.results.files import PART, write_json, write_text
from pipeline.stages import doctor
from pipeline.study.errors import DATA, StudyError
from tests import tiny

SOUND = "schema: '2.0'\nstages: {}\n"


@pytest.fixture
def study(folder, monkeypatch):
    """A sound study in a repository."""
    tiny.write(folder, tiny.params(gan={}))
    write_text("dvc.lock", SOUND)
    for command in (["init", "-q"], ["add", "dvc.lock"], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], check=True)
    monkeypatch.setattr(doctor, "_dvc_runs", lambda: False)
    return folder


def told(capsys, fix=False):
    """The lines on faults."""
    with suppress(StudyError):
        doctor.main(fix)
    return [line for line in capsys.readouterr().out.splitlines() if "; " in line][1:]


def ended():
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_sound_study_has_no_fault(study, capsys):
    doctor.main()
    assert "Every stored file is as it was written." in capsys.readouterr().out


@pytest.mark.parametrize("content", ['{"write": {"', "", "[]", "dead"])
def test_a_lock_file_of_a_killed_dvc_is_removed(study, capsys, content):
    if content == "dead":
        content = json.dumps({"runs/toy": {"write": {"pid": ended(), "cmd": "dvc repro"}}})
    write_text(doctor.RWLOCK, content)
    with pytest.raises(StudyError, match="1 faults left; --fix") as left:
        doctor.main()
    assert left.value.code == DATA
    capsys.readouterr()
    (line,) = told(capsys)
    assert line.startswith(".dvc/tmp/rwlock: left by a dvc that was killed")
    assert doctor.RWLOCK.exists()
    told(capsys, fix=True)
    assert not doctor.RWLOCK.exists()
    assert told(capsys) == []


def test_a_lock_file_of_a_living_dvc_stays(study, capsys, monkeypatch):
    owners = {"write": {}, "read": [{"pid": os.getpid(), "cmd": "dvc repro"}]}
    write_json(doctor.RWLOCK, {"runs/toy": owners})
    assert told(capsys, fix=True) == []
    monkeypatch.setattr(doctor, "_dvc_runs", lambda: True)
    write_text(doctor.RWLOCK, "{")
    (line,) = told(capsys, fix=True)
    assert "a dvc is running here" in line
    assert doctor.RWLOCK.exists()


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "without stages"),
        ("schema: '2.0'\nstag", "not YAML"),
        (f"<<<<<<< ours\n{SOUND}=======\n{SOUND}>>>>>>> theirs\n", "a merge conflict"),
        ("- 1\n", "without stages"),
    ],
)
def test_a_broken_dvc_lock_is_restored_from_git_or_set_aside(study, capsys, content, wrong):
    doctor.LOCK.write_text(content, encoding="utf-8")
    (line,) = told(capsys)
    assert wrong in line
    told(capsys, fix=True)
    assert doctor.LOCK.read_text(encoding="utf-8") == SOUND
    doctor.LOCK.write_text(content, encoding="utf-8")
    subprocess.run(["rm", "-rf", ".git"], check=True)
    told(capsys, fix=True)
    assert not doctor.LOCK.exists()
    assert (study / "dvc.lock.broken").read_text(encoding="utf-8") == content


def md5(content):
    return hashlib.md5(content).hexdigest()


def test_every_stored_file_is_hashed_again(study, capsys):
    """One of DVC's cache, one of a result in work/, one that a stage has written."""
    content = b"a result"
    name = md5(content)
    store = study / ".dvc/cache/files/md5" / name[:2] / name[2:]
    store.parent.mkdir(parents=True)
    store.write_bytes(content)
    unit = study / "work/0123/curves.csv"
    unit.parent.mkdir(parents=True)
    unit.write_bytes(content)
    stated = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    write_json(unit.with_name("done.json"), {"files": {"curves.csv": stated}})
    (study / "out").write_bytes(content)
    out = f"{{ path: out, hash: md5, md5: {name} }}"
    write_text("dvc.lock", f"schema: '2.0'\nstages: {{ a: {{ outs: [{out}] }} }}\n")
    assert told(capsys) == []
    for file in (store, unit, study / "out"):
        file.write_bytes(b"A result")
    before = (study / "out").stat().st_mtime_ns
    lines = told(capsys)
    assert [line.partition(":")[0] for line in lines] == [
        f".dvc/cache/files/md5/{name[:2]}/{name[2:]}",
        "work/0123/curves.csv",
        "out",
    ]
    told(capsys, fix=True)
    assert not store.exists()
    assert not unit.with_name("done.json").exists()
    assert (study / "out").stat().st_mtime_ns > before


def test_parts_of_killed_writers_are_removed(study, capsys):
    part = study / "work" / f".{ended()}-0a{PART}"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(b"x")
    os.utime(part, (1, 1))
    assert len(told(capsys)) == 1
    told(capsys, fix=True)
    assert not part.exists()


def test_what_check_says_is_said(study, capsys):
    params = (study / "params.yaml").read_text(encoding="utf-8")
    (study / "params.yaml").write_text(params.replace("device", "devise"), encoding="utf-8")
    assert any("devise: unknown" in line for line in told(capsys, fix=True))
