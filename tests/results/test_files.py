"""Files are a function of their content, to the byte."""

import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from pipeline.results import files
from pipeline.results.files import digest, read_npz, write_npz
from pipeline.study.errors import RESOURCE

ARRAYS = {
    "network/0.weight": np.arange(6.0, dtype="<f4").reshape(2, 3).T,
    "round": np.array([0, 10], dtype="<i8"),
    "words": np.array("σ"),
}
DIGEST = "43d20f41a0c25688fccb0360fa3b175e1009d0c185fce56bb005a9dd0772e200"


def test_an_npz_has_the_same_bytes_under_every_python(tmp_path):
    """The digest is of the file that Python 3.11.2 and 3.11.7 write: a fingerprint of a run
    holds the digest of its data, so another would train every run anew."""
    write_npz(tmp_path / "a.npz", ARRAYS)
    assert digest(tmp_path / "a.npz") == DIGEST


def test_an_npz_is_read_as_it_was_written(tmp_path):
    write_npz(tmp_path / "a.npz", ARRAYS)
    for found in (read_npz(tmp_path / "a.npz"), np.load(tmp_path / "a.npz")):
        assert set(found) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype


KILLED = """
import os, signal, sys
from pipeline.results import files
left = int(sys.argv[1])
def counted(f):
    def call(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return f(*arguments, **named)
    return call
for name in ("open", "fchmod", "fsync", "link", "replace", "unlink", "fdopen"):
    setattr(os, name, counted(getattr(os, name)))
if sys.argv[2] == "named":
    os.O_TMPFILE = 0
files.write_bytes("result.bin", b"new" * 1000)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["nameless", "named"])
def test_killed_at_any_step_a_writer_leaves_the_old_file_or_the_new_and_soon_nothing_else(
    tmp_path, how
):
    """Under SIGKILL before each call to the system: what is left goes with the next writer."""
    for step in range(9):
        (tmp_path / "result.bin").write_bytes(b"old")
        done = subprocess.run([sys.executable, "-c", KILLED, str(step), how], cwd=tmp_path)
        assert (tmp_path / "result.bin").read_bytes() in (b"old", b"new" * 1000)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        files._sweep.cache_clear()
        files.write_text(tmp_path / "other", "x")
        assert sorted(os.listdir(tmp_path)) == ["other", "result.bin"]
    else:
        raise AssertionError("never came to its end")


def test_a_part_of_a_writer_at_work_stays(tmp_path):
    part = tmp_path / f".{os.getpid()}-0a{files.PART}"
    part.write_bytes(b"x")
    files.write_text(tmp_path / "a", "x")
    assert part.exists()
    os.utime(part, (0, 0))  # of another machine, perhaps, with a process of that number
    files._sweep.cache_clear()
    files.write_text(tmp_path / "a", "x")
    assert os.listdir(tmp_path) == ["a"]


def test_without_files_that_have_no_name_the_same_is_written(tmp_path, monkeypatch):
    def refused(*arguments, **named):
        raise OSError(errno.EXDEV, "no link")

    monkeypatch.setattr(os, "link", refused)
    files.write_text(tmp_path / "a", "x")
    monkeypatch.setattr(os, "O_TMPFILE", 0, raising=False)
    files.write_text(tmp_path / "b", "x")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a": "x", "b": "x"}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path):
    """A limit on the size of a file, as the kernel enforces it."""
    (tmp_path / "a").write_bytes(b"old")
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from pipeline.results.files import write_bytes\n"
        "from pipeline.study.errors import ended\n"
        "ended(lambda: write_bytes('a', b'x' * 5000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == RESOURCE
    assert done.stderr == "error[5]: a: cannot be written (File too large, 5,000 bytes)\n"
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
