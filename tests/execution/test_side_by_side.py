"""Runs are processed side by side; one that fails is reported, and ends the others."""

import multiprocessing
import os
import signal
import sys
import time

import pytest

from pipeline.execution.side_by_side import side_by_side
from pipeline.study.errors import DATA, RESOURCE, StudyError


def fails(code):
    raise StudyError("what is wrong", code)


def dies(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="one by one elsewhere")
def test_a_process_that_fails_is_told_of():
    with pytest.raises(StudyError, match=r"^what is wrong$") as told:
        list(side_by_side(fails, [DATA, DATA], 2))
    assert told.value.code == DATA
    with pytest.raises(StudyError, match=r"was killed.*processes: 1") as told:
        list(side_by_side(dies, [0, 0], 2))
    assert told.value.code == RESOURCE


def takes_long(file):
    if file is None:
        raise StudyError("what is wrong")
    time.sleep(3)
    file.touch()


@pytest.mark.skipif(sys.platform != "linux", reason="one by one elsewhere")
def test_nobody_waits_for_the_others_when_one_fails(tmp_path):
    """What is still being measured is ended, and never comes to its end."""
    with pytest.raises(StudyError):
        list(side_by_side(takes_long, [None, tmp_path / "ended"], 2))
    assert not (tmp_path / "ended").exists()
    assert not multiprocessing.active_children()
