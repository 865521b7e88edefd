"""Trainers as processes: wherever temporary files are, and however a system starts processes."""

import os
import subprocess
import sys

import pytest

from tests import tiny

pytestmark = pytest.mark.slow
# As macOS does it: processes are spawned, none is told which cores it may use, and the kernel
# tells nobody that its parent has ended.
SPAWNED = """
import multiprocessing, os, sys
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    sys.platform = "darwin"
    del os.sched_getaffinity
    from pipeline.stages import evaluate, train
    train.main("toy")
    evaluate.main("toy")
"""


def run(folder, *command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder, env=os.environ | {"DSTAR_TRACKING": "off"} | environment,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["x" * 120, "데 이 터"])
def test_sockets_have_short_addresses_wherever_temporary_files_are(tmp_path, name):
    """An address of a socket has 108 bytes, and is written in ASCII under the C locale."""
    tiny.write(tmp_path, tiny.params(gan={}))
    place = tmp_path / name
    place.mkdir()
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(tmp_path, "-m", "pipeline", "train", "toy", TMPDIR=str(place), **plain)
    assert done.returncode == 0, done.stderr
    assert not [file for file in place.iterdir() if file.name.startswith("pymp-")]


def test_the_stages_run_where_processes_are_spawned(tmp_path):
    tiny.write(tmp_path, tiny.params(gan={}, other={"arguments": {"latent": 2, "width": 5}}))
    (tmp_path / "start.py").write_text(SPAWNED, encoding="utf-8")
    done = run(tmp_path, "start.py")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reports/metrics/toy.json").is_file()
