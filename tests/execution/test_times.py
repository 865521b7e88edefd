"""The report of the stages' wall times."""

import sys
import time

import pytest

from pipeline.execution import times


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


def test_a_stage_that_ends_well_is_timed_and_told_with_the_sum(folder, capsys):
    for stage in ("train b", "prepare", "train gone", "train b"):
        with times.timed(stage):
            pass
    seconds = times.known()
    assert set(seconds) == {"train b", "prepare", "train gone"}
    assert all(0 <= value < 5 for value in seconds.values())
    times.tell(["a", "b"])
    told = capsys.readouterr().out
    assert told.index("prepare") < told.index("train b") < told.index("together")
    assert "gone" not in told


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
    assert times.training_seconds(unit) >= first + 0.05
    (unit / "seconds.json").write_text("[]")
    assert times.training_seconds(unit) is None
