"""After signals and kills, the next call resumes from what a training has left."""

import os
import signal
import subprocess
import sys

import pytest

from pipeline.execution import done, units, worker
from pipeline.stages import check
from tests import tiny
from tests.waiting import until


def begin_process(folder, *command):
    """`python -m pipeline ...` in the folder, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *command],
        cwd=folder,
        env=os.environ | {"DSTAR_TRACKING": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_signals_and_kills_end_in_the_same_bytes(folder):
    """SIGTERM and SIGINT leave with 143 and 130 and a checkpoint; SIGKILL leaves what it leaves.

    The stage is signalled, the stage alone is killed (its trainer must not live on), and the
    whole group is killed, each in the middle of one run; the last call ends it.
    """
    content = tiny.params(gan={"train": {"rounds": 1000}})
    # A checkpoint after every round: training is so slow that a late signal still comes in time.
    tiny.write(folder, content | {"checkpoint_seconds": 0})
    (u,) = units.units(check.study(), "toy")
    for number, whom, code in (
        (signal.SIGTERM, os.kill, 143),
        (signal.SIGINT, os.kill, 130),
        (signal.SIGKILL, os.kill, -9),
        (signal.SIGKILL, os.killpg, -9),
    ):
        seen = {file.name for file in u.folder.glob("checkpoint-*.npz")}
        stage = begin_process(folder, "train", "toy")
        until(lambda seen=seen: {f.name for f in u.folder.glob("checkpoint-*.npz")} - seen, stage)
        whom(stage.pid, number)
        _, errors = stage.communicate(timeout=60)
        assert stage.returncode == code, errors
        assert "Traceback" not in errors
        assert not done.is_done(u)
    tiny.write(folder, content)
    stage = begin_process(folder, "train", "toy")
    _, errors = stage.communicate(timeout=120)
    assert stage.returncode == 0, errors
    interrupted = tiny.result(u)
    (u.folder / "done.json").unlink()
    worker.train(u, 1000.0)
    assert tiny.result(u) == interrupted


@pytest.mark.slow
def test_two_trainers_of_one_unit_take_turns(folder):
    """The second waits for the first and then finds the work done."""
    tiny.write(folder, tiny.params(gan={"train": {"rounds": 1500}}))
    both = [begin_process(folder, "unit", "toy", "gan") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    trained = ['"round": 1500' in out for out, _ in outputs]
    assert sorted(trained) == [False, True]
