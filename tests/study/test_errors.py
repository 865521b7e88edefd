"""What memory, disk, packages, terminal and account can do: one line each, and what to do."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from pipeline.study import requirements
from pipeline.study.errors import RESOURCE, StudyError, known_as
from tests import tiny

CUDA = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.80 GiB "
    "of which 1.20 GiB is free. Process 1 has 138.60 GiB memory in use."
)


def raised(work):
    try:
        work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (lambda: torch.empty(10**15), r"out of memory \(3725290.3 GiB were asked for\)"),
        (lambda: np.zeros(10**15), r"out of memory \(7.11 PiB were asked for\)"),
        (lambda: bytearray(10**17), r"out of memory; lower"),
    ],
)
def test_memory_that_is_refused_is_told_with_what_was_asked_and_what_to_lower(error, told):
    """As the allocators of Torch, NumPy and Python refuse it here."""
    found = known_as(raised(error))
    assert found.code == RESOURCE
    with pytest.raises(StudyError, match=rf"^{told}.*chunk, batch, samples"):
        raise found


def test_memory_of_a_gpu():
    found = known_as(torch.OutOfMemoryError(CUDA))
    assert "(20.00 GiB were asked for and 1.20 GiB are free)" in str(found)
    assert found.code == RESOURCE


def test_a_full_disk_names_the_file():
    found = known_as(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "work/x/curves.csv"))
    assert str(found) == "work/x/curves.csv: cannot be written (No space left on device)"


@pytest.mark.parametrize("bug", [RuntimeError("shape"), KeyError("x"), OSError(errno.EIO, "x")])
def test_a_fault_of_ours_keeps_its_traceback(bug):
    assert known_as(bug) is None


def test_a_package_that_is_missing_or_too_old_is_named(tmp_path, monkeypatch):
    here = {"torch": "2.3.1+cpu", "numpy": "2.4.6", "scipy": "1.13"}

    def version(package):
        if package not in here:
            raise requirements.metadata.PackageNotFoundError
        return here[package]

    monkeypatch.setattr(requirements.metadata, "version", version)
    file = tmp_path / "pyproject.toml"
    needs = ["torch>=2.11", "numpy>=2.0", "scipy>=1.13", "dvc>=3.60"]
    file.write_text(f"[project]\ndependencies = {needs}\n", encoding="utf-8")
    assert requirements.lacking(file) == [
        "torch 2.3.1+cpu is too old; 2.11 or newer is needed (make setup)",
        "dvc is not installed; 3.60 or newer is needed (make setup)",
    ]
    monkeypatch.setattr(requirements, "lacking", lambda: ["torch is not installed"])
    assert str(known_as(ImportError("no torch"))) == "torch is not installed"


def test_what_is_installed_here_is_enough():
    assert requirements.lacking() == []


def test_another_system_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(StudyError, match=r"win32, is not supported; allowed: Linux, macOS.*WSL"):
        requirements.prepare_process()


def command(folder, *words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=folder, env=os.environ | {"DSTAR_TRACKING": "off"} | environment,
        capture_output=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["ascii", "cp949", "latin-1"])
def test_a_terminal_without_a_letter_shows_another(tmp_path, terminal):
    params = tiny.params(gan={})
    params["experiments"]["toy"]["question"] = "Fréchet → 데이터?"
    params["experiments"]["toy"]["metrics"] = ["frechet"]
    tiny.write(tmp_path, params)
    done = command(tmp_path, "summary", PYTHONIOENCODING=terminal)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another uid")
def test_a_uid_without_an_account_can_train(tmp_path):
    tiny.write(tmp_path, tiny.params(gan={}))
    for place in (tmp_path, *tmp_path.rglob("*")):
        os.chown(place, 54321, 54321)
    for place in tmp_path.parents:
        if place.stat().st_uid == 0 and place != place.parent and "pytest" in str(place):
            place.chmod(0o755)
    other = {"user": 54321, "group": 54321, "extra_groups": []}
    probe = [sys.executable, "-B", "-c", "import torch, pipeline"]
    if subprocess.run(probe, cwd=tmp_path, capture_output=True, **other).returncode:
        pytest.skip("another user cannot read this code")
    bare = {k: v for k, v in os.environ.items() if k not in ("USER", "LOGNAME", "HOME")}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pipeline", "train", "toy"],
        cwd=tmp_path, env=bare | {"DSTAR_TRACKING": "off"}, capture_output=True, text=True,
        **other,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
