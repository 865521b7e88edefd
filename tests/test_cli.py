"""The command line: one line per error, its exit code, and no traceback."""

import os
import re
import subprocess
import sys

import pytest

from pipeline.execution import progress, scheduler
from pipeline.study.errors import StudyError
from tests import tiny


def run(folder, *command, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *command],
        cwd=folder, env=os.environ | {"DSTAR_TRACKING": "off"} | environment,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("데 이 터")
    tiny.write(path, tiny.params(gan={}))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        (["train", "ty"], 2, "error[2]: params.yaml: experiment 'ty' is unknown; allowed: toy"),
        (["train", "toy.x"], 2, "error[2]: params.yaml: experiments.toy.runs.x is unknown"),
        (["evaluate", "toy"], 4, "error[4]: runs/toy/gan/run.json: no such file; run the stage"),
    ],
)
def test_a_fault_is_one_line_and_a_code(folder, command, code, line):
    done = run(folder, *command)
    assert done.returncode == code
    (told,) = done.stderr.splitlines()
    assert told.startswith(line)


@pytest.mark.fault
def test_it_works_in_any_locale_and_folder(folder):
    """A folder with spaces and Hangul, the C locale, no UTF-8 mode: trained and measured."""
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in (["train", "toy"], ["evaluate", "toy"]):
        done = run(folder, *command, **plain)
        assert done.returncode == 0, done.stderr
    assert (folder / "reports/metrics/toy.json").is_file()


@pytest.mark.slow
def test_cuda_that_is_not_there_is_refused(folder, tmp_path):
    params = tiny.params(gan={})
    params["device"] = "cuda:99"
    tiny.write(tmp_path, params)
    done = run(tmp_path, "train", "toy")
    assert done.returncode == 2
    assert "cuda:99 is not here" in done.stderr
    assert "allowed: auto, cpu" in done.stderr


class Unit:
    """What the progress line reads of a unit."""

    label = "toy.gan"

    replicas = 2

    class run:
        class train:
            seeds = (0, 1)
            rounds = 100
            batch = 8


class Other(Unit):
    label = "toy.vae"


@pytest.fixture
def clock(monkeypatch):
    """A list whose one number is the time."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def played(shown, clock, unit, rounds, seconds=4.0):
    for round in rounds:
        clock[0] += seconds
        shown.told(unit, round, 160)


def test_without_a_terminal_progress_is_one_line_of_all_runs_now_and_then(capsys, clock):
    first, second = Unit(), Other()
    with progress.Progress({first: 30.0, second: 90.0}) as shown:
        played(shown, clock, first, range(0, 100, 10))
        shown.ended(first)
        played(shown, clock, second, range(0, 100, 10))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 of 2 runs trained, 0 % of the work; toy.gan 0 %"
    assert len(lines) == 7  # in 80 seconds: the first soon, then one in ten at most
    assert re.fullmatch(
        r"1 of 2 runs trained, \d\d % of the work; toy.vae \d+ %; about \d+ s left", lines[-1]
    )


def test_no_time_is_foretold_before_it_can_be(capsys, clock):
    """A first round compiles; rounds that follow, at a pace of their own, tell how long it takes.

    24,000 rounds at 100 a second are four minutes, of which half a minute is over; the first
    round, alone, took 30 seconds and would have said eight days.
    """

    class Long(Unit):
        class run(Unit.run):
            class train(Unit.run.train):
                rounds = 24_000

    unit = Long()
    with progress.Progress({unit: 1.0}) as shown:
        played(shown, clock, unit, [1], seconds=30.0)
        played(shown, clock, unit, range(500, 3_500, 500), seconds=5.0)
    lines = capsys.readouterr().out.splitlines()
    assert not any("left" in line for line in lines[:2])
    assert lines[-1].endswith("about 4 min left")


def test_a_run_that_goes_on_is_no_faster_for_what_it_had(capsys, clock):
    """It begins at half of its rounds and plays one a second: fifty rounds take fifty seconds."""
    unit = Unit()
    with progress.Progress({unit: 7.0}) as shown:
        played(shown, clock, unit, range(50, 76, 5), seconds=5.0)
    assert capsys.readouterr().out.splitlines()[-1].endswith("toy.gan 70 %; about 30 s left")


def test_a_run_that_goes_on_in_parts_is_one_run_and_its_work_is_counted_once(capsys, clock):
    """Half of it is played, then its parts, one replica each, play the other half."""

    class Part(Unit):
        replicas = 1

    unit, first, second = Unit(), Part(), Part()
    with progress.Progress({unit: 60.0, Other(): 60.0}) as shown:
        played(shown, clock, unit, [0, 50])
        shown.split(unit, [first, second])
        played(shown, clock, first, [60, 90, 99])
        shown.ended(first)
        played(shown, clock, second, [90], seconds=12.0)
        shown.ended(second)
        clock[0] += 20.0
        played(shown, clock, unit, [100])  # it joins them
        shown.ended(unit)
        assert shown._made() == 60.0
        shown.line(shown._plain(clock[0]))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("0 of 2 runs trained, 48 % of the work") for line in lines)
    assert lines[-1].startswith("1 of 2 runs trained, 50 % of the work")


def test_a_trainer_that_was_killed_says_so():
    assert "was killed (out of memory?)" in str(scheduler.TrainerFailed(Unit(), -9))
    assert scheduler.TrainerFailed(Unit(), -9).code == 137
    assert scheduler.TrainerFailed(Unit(), 3).code == 3
    assert isinstance(scheduler.TrainerFailed(Unit(), 3), StudyError)
