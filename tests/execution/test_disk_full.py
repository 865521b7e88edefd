"""A disk that is full, or a folder that is none, costs one line; what was kept is whole."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.execution import done, units
from pipeline.stages import check
from pipeline.study.errors import RESOURCE
from tests import tiny
from tests.execution.interrupted import interrupted, unit

WIDE = {"arguments": {"latent": 2, "width": 64}}  # a checkpoint of 300 kB


def train(folder, limit=None, **variables):
    """`python -m pipeline unit toy gan`, in which no file may become larger than `limit` bytes."""

    def limited():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "pipeline", "unit", "toy", "gan"],
        cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=600,
        preexec_fn=limited, check=False,
    )  # fmt: skip


def one_line(ended, *words):
    lines = ended.stderr.splitlines()
    assert ended.returncode == RESOURCE, ended.stderr
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith(f"error[{RESOURCE}]: ")
    assert all(word in lines[0] for word in words), lines[0]


@pytest.mark.fault
def test_a_file_that_may_not_grow_leaves_the_last_checkpoint(folder, monkeypatch):
    """RLIMIT_FSIZE: the next call goes on from there, and ends in the bytes of one training."""
    u = unit(folder, **WIDE)
    interrupted(u, monkeypatch)
    kept = {f.name: f.read_bytes() for f in u.folder.glob("checkpoint-*.npz")}
    one_line(train(folder, limit=30_000), "cannot be written", "File too large")
    assert {f.name: f.read_bytes() for f in u.folder.glob("checkpoint-*.npz")} == kept
    assert not done.is_done(u)
    assert train(folder).returncode == 0
    resumed = tiny.result(u)
    shutil.rmtree(u.folder)
    assert train(folder).returncode == 0
    assert tiny.result(u) == resumed


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk(folder):
    """A tmpfs of 256 KiB as work/: one line, and with a larger one the training is made."""
    unit(folder, **WIDE)
    work = folder / "small"
    work.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", work], check=False
    ).returncode:
        pytest.skip("no mounts in this container")
    try:
        one_line(train(folder, DSTAR_WORK=str(work)), "No space left on device")
        subprocess.run(["mount", "-o", "remount,size=16m", work], check=True)
        assert train(folder, DSTAR_WORK=str(work)).returncode == 0
        monkey = pytest.MonkeyPatch()
        monkey.setenv("DSTAR_WORK", str(work))
        assert done.is_done(units.units(check.study(), "toy")[0])
        monkey.undo()
    finally:
        subprocess.run(["umount", work], check=True)


@pytest.mark.fault
def test_a_file_in_place_of_a_folder(folder):
    """Root may write anywhere, so this is what stands for a folder that cannot be written to."""
    unit(folder)
    Path("work").write_text("a file")
    one_line(train(folder), "work/", "Not a directory")
