"""The command line: one line per error, its exit code, and no traceback."""

import os
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


@pytest.mark.slow
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


def test_without_a_terminal_progress_is_a_plain_line_now_and_then(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    unit = Unit()
    with progress.Progress([unit]) as shown:
        for played in range(0, 100, 10):
            now[0] += 4.0
            shown.told(unit, played, 160)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "toy.gan: round 0 of 100, 2 replicas, 160 images/s, 0:10 left"
    assert len(lines) == 4  # in 40 seconds: the first soon, then one in ten at most


def test_a_trainer_that_was_killed_says_so():
    assert "was killed (out of memory?)" in str(scheduler.TrainerFailed(Unit(), -9))
    assert scheduler.TrainerFailed(Unit(), -9).code == 137
    assert scheduler.TrainerFailed(Unit(), 3).code == 3
    assert isinstance(scheduler.TrainerFailed(Unit(), 3), StudyError)
