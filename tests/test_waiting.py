"""A test that waits for a process hears at once that it has ended, and why."""

import subprocess
import sys
import time

import pytest

from tests.waiting import until


def python(code):
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **out)


def test_a_process_that_ends_too_early_is_told_with_its_words():
    began = time.monotonic()
    with pytest.raises(AssertionError, match="ended with 3:\nno such run"):
        until(lambda: False, python("print('no such run'); raise SystemExit(3)"), seconds=300)
    assert time.monotonic() - began < 60


def test_a_process_that_makes_nothing_is_killed():
    process = python("import time; print('at work', flush=True); time.sleep(300)")
    with pytest.raises(AssertionError, match="made nothing in 3 s:\nat work"):
        until(lambda: False, process, seconds=3)
    assert process.returncode == -9


def test_what_was_made_in_time_counts(tmp_path):
    made = tmp_path / "made"
    process = python(f"open({str(made)!r}, 'w').close()")
    assert until(lambda: list(tmp_path.iterdir()), process) == [made]
    process.communicate(timeout=60)
