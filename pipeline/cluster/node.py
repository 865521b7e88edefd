"""A node: what it must have in common with the driver, and the folders in which its tasks work.

    $TMPDIR/dstar-<uid>/kept/<SHA-256>     files that tasks read, whatever their names
                        tasks/<task>/      a study's folder for the time of one task

Nodes share no file system. What a task reads comes from the driver, once for each node, and is
known by its SHA-256; what it makes goes back (pipeline/cluster/pieces.py).
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import torch

from pipeline.engine.graph import openblas
from pipeline.execution import machine
from pipeline.execution.code_hash import fingerprint
from pipeline.results.files import digest, write_bytes
from pipeline.study.errors import DATA, StudyError

TASKS = "pipeline.cluster.tasks"  # with all that it imports: the code of every task
LEFT = 60.0  # seconds after which a folder that nobody holds was left by a task that was killed
DAY = 86_400.0  # seconds that a file is kept which no task has asked for
Likeness = dict[str, str]


def likeness(device: str, threads: int, modules: Sequence[str]) -> Likeness:
    """All that decides bytes beside a task's own arguments, of this process.

    device: "cpu" or "cuda". modules: those that a task needs, beside pipeline/cluster/tasks.py.
    """
    torch.set_num_threads(threads)
    gpu = device != "cpu" and torch.cuda.is_available()
    return {
        "code": fingerprint(TASKS, *modules),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "products by": "OpenBLAS" if openblas.suited() else "Torch",
        "device": torch.cuda.get_device_name() if gpu else machine.processor(),
    }


def refusal(asked: Mapping[str, str], own: Mapping[str, str]) -> str | None:
    """Why a node may not take part, in one line: across machines bytes must match. Else None."""
    other = [f"{name} {own.get(name)} and not {said}" for name, said in asked.items()]
    told = [line for name, line in zip(asked, other, strict=True) if own.get(name) != asked[name]]
    return f"{', '.join(told)}: bytes would differ" if told else None


def root() -> Path:
    """The folder of this user's tasks on this machine."""
    return Path(tempfile.gettempdir(), f"dstar-{os.getuid()}")


def kept(sha256: str, fetch: Callable[[], bytes]) -> Path:
    """The file of this SHA-256, fetched if it is not here or no longer what it was."""
    file = root() / "kept" / sha256
    if not file.is_file() or digest(file) != sha256:
        write_bytes(file, fetch())
        if digest(file) != sha256:
            raise StudyError(f"{file}: what came is not what was sent", DATA)
        _forget_old(file.parent)
    with suppress(OSError):
        os.utime(file)
    return file


def _forget_old(folder):
    for file in folder.iterdir():
        with suppress(OSError):  # another task may do the same
            if time.time() - file.stat().st_mtime > DAY:
                file.unlink()


@contextmanager
def workplace() -> Iterator[Path]:
    """The folder of a task, to be in while the body runs; what killed tasks have left goes."""
    tasks, before = root() / "tasks", Path.cwd()
    tasks.mkdir(parents=True, exist_ok=True)
    _sweep(tasks)
    folder = Path(tempfile.mkdtemp(dir=tasks))
    with open(folder / "held", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until this process ends, however it ends
        os.chdir(folder)
        os.environ.pop("DVC_ROOT", None)
        os.environ["DSTAR_WORK"] = "work"  # as lines will name it that the driver prints
        try:
            yield folder
        finally:
            os.chdir(before)
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(tasks):
    for folder in tasks.iterdir():
        with suppress(OSError):  # it is held, or it has just gone
            if time.time() - folder.stat().st_mtime > LEFT:
                with open(folder / "held", "a", encoding="utf-8") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
