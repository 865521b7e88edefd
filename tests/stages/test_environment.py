"""Results are a function of the study: of no clock, hash seed, time zone, locale or place."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.execution import done, worker
from pipeline.results.files import digest, write_text
from tests import tiny
from tests.execution.interrupted import unit
from tests.killed import contents
from tests.stages.test_unmoved import LEDGER

STAGES = "prepare", "train toy", "evaluate toy", "claims", "report"
PLAIN = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
OTHER = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "USER": "other"}


@pytest.mark.fault
def test_two_clean_runs_elsewhere_have_the_same_bytes(folder):
    """The whole pipeline, stage by stage, in two folders and two environments."""
    made = []
    for name, variables in (("here", PLAIN), ("데 이 터", OTHER)):
        place = folder / name
        place.mkdir()
        os.chdir(place)
        tiny.write(place, tiny.params(gan={}) | {"processes": 1})
        write_text("claims.yaml", LEDGER)
        for stage in STAGES:
            subprocess.run(
                [sys.executable, "-m", "pipeline", *stage.split()],
                env=os.environ | variables | {"DSTAR_TRACKING": "off"},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        made.append(contents(place))
    assert made[0] == made[1]
    assert {"runs/toy/gan/weights.npz", "reports/index.html"} <= made[0].keys()


def test_no_clock_and_no_time_stamp_decides(folder, monkeypatch):
    """A clock that goes backwards; files that are older, younger and as old as any other."""
    u = unit(folder)
    now = iter(range(10**9, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    worker.train(u, 0.0)
    whole = tiny.result(u)
    for stamp in (0, 2**33):
        for file in u.folder.iterdir():
            os.utime(file, (stamp, stamp))
        assert done.is_done(u)
    file = u.folder / "weights.npz"
    before, content = file.stat(), bytearray(file.read_bytes())
    content[-40] ^= 1
    file.write_bytes(content)  # as long and, by its time stamp, as old as it was
    os.utime(file, (before.st_atime, before.st_mtime))
    assert not done.is_done(u)
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole
    assert digest(file) == whole["weights.npz"]


def test_more_rounds_are_another_training_and_none_are_done_twice(folder):
    """A larger or a smaller budget is a unit of its own: schedules depend on the end."""
    first = unit(folder)
    worker.train(first, 1000.0)
    for rounds in (39, 41):
        other = unit(folder, train={"rounds": rounds})
        assert other.folder != first.folder
        assert not done.is_done(other)
    assert done.is_done(first)
    assert Path(first.folder, "done.json").is_file()
