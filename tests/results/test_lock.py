"""One process at a time holds a lock, and no lock outlives its process."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.results import lock
from pipeline.study.errors import BUSY, RESOURCE, StudyError

HOLD = """
import sys, time
from pathlib import Path
from pipeline.results import lock
with lock.alone(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_by_one_process_and_goes_with_it_even_when_it_is_killed(tmp_path):
    file = tmp_path / "made" / "lock"
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        assert other.stdout.readline() == b"held\n"
        told = []
        with (
            pytest.raises(StudyError, match="held by another process") as refused,
            lock.alone(file, 0.3, lambda: told.append(1)),
        ):
            pytest.fail("two hold it")
        assert refused.value.code == BUSY
        assert told == [1]
        other.send_signal(signal.SIGKILL)
        other.wait()
        with lock.alone(file, 0):
            pass


def test_a_folder_that_cannot_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StudyError, match="cannot be used") as refused,
        lock.alone(tmp_path / "file" / "lock", 0),
    ):
        pass
    assert refused.value.code == RESOURCE
