"""Trainers as processes: forked from a server with loaded libraries, ended with their parent."""

import ctypes
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.util import get_temp_dir

from pipeline.study.errors import ended

# glibc returns large freed arrays to the system, and the next step has to fault in new pages:
# without these settings a round of ten MLP GANs on MNIST takes 147 ms, with them 121.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
SHORT = 60  # bytes of a folder, below which files of sockets are made
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def load_libraries(settings):
    """Starts to load, in another process, what every trainer of the study needs.

    The thread count must be set before any library is loaded. UTF-8 mode is needed because tracing
    prints the paths of code, which may have letters beyond ASCII.
    """
    _short_addresses()
    threads = dict.fromkeys(THREADS, str(settings.threads))
    os.environ.update(threads, **KEEP_MEMORY, PYTHONUTF8="1")
    models = {
        f"pipeline.models.{run.model}"
        for experiment in settings.experiments.values()
        for run in experiment.runs.values()
    }
    # torch._dynamo is loaded by the first trace of a process, which takes 1 s per run.
    forkserver.set_forkserver_preload(
        ["pipeline.execution.worker", "torch._dynamo", *sorted(models)]
    )
    forkserver.ensure_running()


def _short_addresses():
    """Lets the server listen where an address is short enough for a socket, and is ASCII.

    An address of a Unix socket has 104 bytes on macOS and 108 on Linux, and is a file in the
    folder for temporary files, which may be anywhere.
    """
    before = tempfile.tempdir
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) > SHORT or not folder.isascii():
        tempfile.tempdir = "/tmp"
    try:
        get_temp_dir()  # decides once for this process
    finally:
        tempfile.tempdir = before


def start(unit, checkpoint_seconds):
    """Starts the trainer of a unit. Returns its process and its output."""
    server = multiprocessing.get_context("forkserver")
    reader, writer = server.Pipe(duplex=False)
    process = server.Process(target=_trainer, args=(writer, unit, checkpoint_seconds))
    process.start()
    writer.close()
    return process, os.fdopen(os.dup(reader.fileno()), encoding="utf-8")


def _trainer(writer, unit, checkpoint_seconds):
    """`python -m pipeline unit EXPERIMENT RUN`, in a process with loaded libraries."""
    os.setpgid(0, 0)  # Ctrl-C reaches the stage alone, which passes it on once
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server ignores it
    os.dup2(writer.fileno(), sys.stdout.fileno())
    writer.close()
    ended(lambda: _train(unit, checkpoint_seconds))


def _train(unit, checkpoint_seconds):
    """Trains the unit; the last line of output tells how much of a core that took."""
    worker = import_module("pipeline.execution.worker")
    try:
        worker.train(unit, checkpoint_seconds)
    finally:
        print(json.dumps({"cpu": round(time.process_time(), 2)}), flush=True)


def die_with_parent() -> None:
    """On Linux: this process gets SIGTERM when its parent ends.

    A killed `dvc repro` would otherwise leave its stage running as an orphan.
    """
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
