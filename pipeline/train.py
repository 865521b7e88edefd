"""Stage train: every run of one experiment, side by side.

    python -m pipeline train EXPERIMENT[.RUN]

reads   params.yaml, data/<data>.npz
writes  runs/<experiment>/<run>/    run.json, curves.csv, samples.npz, weights.npz, moments.npz

Each run that is not done trains in a process of its own, one thread a process (pipeline/
trainer.py), as many at once as there are cores. They are forked from a server that loads the
libraries, once for all runs and while this process still reads: that takes three seconds. A run
that is done is collected. A signal reaches every trainer, which writes a checkpoint; the next
call goes on from there.
"""

import ctypes
import json
import multiprocessing
import os
import selectors
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from multiprocessing import forkserver
from pathlib import Path

from pipeline import study, tracking, units
from pipeline.errors import StudyError
from pipeline.progress import Progress

# glibc hands large arrays back to the system when they are freed, and the next step pays for
# fresh pages: without this a round of ten MLP GANs on MNIST takes 147 ms in place of 121.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def main(name: str) -> None:
    """Trains and collects the runs of an experiment, or one run of it."""
    die_with_parent()
    settings = study.read()
    experiment, _, only = name.partition(".")
    if experiment in settings.experiments:
        _load_libraries(settings, experiment)
    found = units.units(settings, experiment)
    if only:
        found = [unit for unit in found if unit.name == only]
        if not found:
            allowed = ", ".join(settings.experiments[experiment].runs)
            raise StudyError(
                f"{study.FILE}: experiments.{experiment}.runs.{only} is unknown; "
                f"allowed: {allowed}"
            )
    todo = {unit.fingerprint: unit for unit in found if not units.is_done(unit)}
    at_once = settings.processes or (1 if found[0].device != "cpu" else os.cpu_count() or 1)
    watched = {f"{u.experiment}/{u.name}": u.folder for u in todo.values()}
    with tracking.window(watched) if todo else nullcontext():
        side_by_side(list(todo.values()), at_once, settings.checkpoint_seconds)
    _forget_unlisted(experiment, settings)
    for unit in found:
        units.collect(unit)
        how = "trained" if unit.fingerprint in todo else "was done"
        print(f"{unit.label}: {how} ({unit.fingerprint})", flush=True)


def side_by_side(todo: list[units.Unit], at_once: int, checkpoint_seconds: float) -> None:
    """Trains the units in processes, at most so many at once; a failure ends them all."""
    waiting = sorted(todo, key=_longest_first)
    running: dict = {}
    with (
        Progress(todo) as progress,
        selectors.DefaultSelector() as events,
        _forwarded(running) as received,
    ):
        while waiting or running:
            while waiting and len(running) < at_once:
                unit = waiting.pop(0)
                running[unit], output = _start(unit, checkpoint_seconds)
                events.register(output, selectors.EVENT_READ, (unit, output))
            for event, _ in events.select(timeout=1.0):
                unit, output = event.data
                line = output.readline()
                if line.startswith("{"):
                    progress.told(unit, **json.loads(line))
                elif line:
                    progress.line(line.rstrip())
                else:
                    events.unregister(output)
                    process = running.pop(unit)
                    process.join()
                    if code := process.exitcode:
                        _stop(running.values())
                        raise TrainerFailed(unit, 128 + received[0] if received else code)
                    progress.ended(unit)


class TrainerFailed(StudyError):
    """A trainer that ended badly; it has said why on standard error, unless it was killed."""

    def __init__(self, unit: units.Unit, code: int):
        code = 128 - code if code < 0 else code
        how = {130: "was interrupted", 143: "was ended"}.get(code, f"failed with exit code {code}")
        if code == 128 + signal.SIGKILL:
            how = "was killed (out of memory?)"
        super().__init__(f"{unit.label}: its trainer {how}; run again to go on", code)


def _longest_first(unit):
    """The longest must not be the one that is left to run alone."""
    return -unit.run.train.rounds * unit.run.train.batch


def _load_libraries(settings, experiment):
    """Begins to load, beside this process, what every trainer of the experiment needs.

    The thread count must be known before any library is loaded. In UTF-8 mode, for tracing
    spells out where code lies: a folder with letters beyond ASCII.
    """
    threads = dict.fromkeys(THREADS, str(settings.threads))
    os.environ.update(threads, **KEEP_MEMORY, PYTHONUTF8="1")
    models = {
        f"pipeline.models.{run.model}" for run in settings.experiments[experiment].runs.values()
    }
    # torch._dynamo is what the first trace of a process loads: a second a run.
    forkserver.set_forkserver_preload(["pipeline.trainer", "torch._dynamo", *sorted(models)])
    forkserver.ensure_running()


def _start(unit, checkpoint_seconds):
    """The trainer of a unit: its process and what it prints."""
    server = multiprocessing.get_context("forkserver")
    reader, writer = server.Pipe(duplex=False)
    process = server.Process(target=_trainer, args=(writer, unit, checkpoint_seconds))
    process.start()
    writer.close()
    return process, os.fdopen(os.dup(reader.fileno()), encoding="utf-8")


def _trainer(writer, unit, checkpoint_seconds):
    """What `python -m pipeline unit EXPERIMENT RUN` does, in a process that has the libraries."""
    os.setpgid(0, 0)  # Ctrl-C reaches the stage alone, which passes it on once
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server ignores it
    os.dup2(writer.fileno(), sys.stdout.fileno())
    writer.close()
    trainer, main = import_module("pipeline.trainer"), import_module("pipeline.__main__")
    main.ended(lambda: trainer.train(unit, checkpoint_seconds))


def _stop(processes):
    """Lets the processes write a checkpoint and waits for them."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


@contextmanager
def _forwarded(running) -> Iterator[list[int]]:
    """SIGINT and SIGTERM become SIGTERM of every trainer; the loop then sees them end."""
    received: list[int] = []

    def forward(number, _):
        received.append(number)
        for process in list(running.values()):
            process.terminate()

    before = {n: signal.signal(n, forward) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def die_with_parent() -> None:
    """On Linux: SIGTERM for this process when the one that started it ends.

    A killed `dvc repro` would otherwise leave its stage running as an orphan.
    """
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _forget_unlisted(experiment, settings):
    """Results of runs that the experiment no longer has would look current."""
    for folder in Path("runs", experiment).glob("*"):
        if folder.name not in settings.experiments[experiment].runs:
            shutil.rmtree(folder, ignore_errors=True)
