"""The report of the stages' times."""

import subprocess
import sys
import time

import pytest

from pipeline.execution import times
from pipeline.results.files import write_json


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


def test_a_stage_that_ends_well_is_timed_and_told_with_the_sum(folder, capsys):
    for stage in ("train b", "prepare", "train gone", "train b"):
        with times.timed(stage):
            pass
    spent = times.known()
    assert set(spent) == {"train b", "prepare", "train gone"}
    assert all(0 <= found.seconds < 5 for found in spent.values())
    times.tell(["a", "b"], "a processor", 2)
    told = capsys.readouterr().out
    assert told.index("prepare") < told.index("train b") < told.index("together")
    assert "gone" not in told


def test_idle_is_what_no_process_of_the_stage_computes(folder, capsys):
    """Two cores, 10 s: 5 s of CPU are a quarter of 20, and three quarters are idle."""
    spent = {"train a": {"seconds": 10.0, "cpu": 5.0}, "evaluate a": {"seconds": 10.0, "cpu": 20}}
    write_json(times.file(), spent)
    times.tell(["a"], "a processor", 2)
    rows = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["train", "a", "10.0", "75%"] in rows
    assert ["evaluate", "a", "10.0", "0%"] in rows
    assert ["all", "together", "20.0", "38%"] in rows


def test_a_childs_work_counts_and_that_of_others_as_they_tell(folder):
    """A child that computes for 0.3 s, and 7 s that a process of another parent has told."""
    code = "import time\nwhile time.process_time() < 0.3: pass"
    with times.timed("claims") as elsewhere:
        subprocess.run([sys.executable, "-c", code], check=True)
        elsewhere.append(7.0)
    assert times.known()["claims"].cpu >= 7.3


def test_a_stage_that_fails_leaves_the_earlier_time(folder):
    with times.timed("claims"):
        pass
    before = times.known()
    with pytest.raises(ZeroDivisionError), times.timed("claims"):
        raise ZeroDivisionError
    assert times.known() == before


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"prepare": "x"}', b'{"prepare": null}'])
def test_a_damaged_file_is_begun_anew(folder, damage):
    times.file().parent.mkdir()
    times.file().write_bytes(damage)
    assert times.known() == {}
    with times.timed("report"):
        pass
    assert list(times.known()) == ["report"]


def test_a_training_is_timed_over_its_interruptions(folder):
    unit = folder / "work" / "a"
    assert times.training_seconds(unit) is None
    with pytest.raises(SystemExit), times.trained(unit):
        sys.exit(time.sleep(0.05) or 143)
    first = times.training_seconds(unit)
    assert first >= 0.05
    with times.trained(unit):
        time.sleep(0.05)
    assert times.training_seconds(unit) > first + 0.04  # hundredths are kept
    (unit / "seconds.json").write_text("[]")
    assert times.training_seconds(unit) is None
