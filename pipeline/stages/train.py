"""Stage train: every run of one experiment, side by side.

    python -m pipeline train EXPERIMENT[.RUN]

reads   params.yaml, data/<data>.npz
writes  runs/<experiment>/<run>/    run.json, curves.csv, samples.npz, weights.npz, snapshots.npz

Each run that is not done trains in a process of its own, one thread a process (pipeline/
execution/worker.py), as many at once as there are cores. They are forked from a server that loads
the libraries, once for all runs and while this process still reads: that takes three seconds. A
run that is done is collected. A signal reaches every trainer, which writes a checkpoint; the next
call goes on from there.
"""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

from pipeline.execution import processes, scheduler, units
from pipeline.stages import check
from pipeline.study import reader
from pipeline.study.errors import StudyError
from pipeline.tracking import window


def main(name: str) -> None:
    """Trains and collects the runs of an experiment, or one run of it."""
    processes.die_with_parent()
    settings = check.study()
    experiment, _, only = name.partition(".")
    if experiment in settings.experiments:
        processes.load_libraries(settings, experiment)
    found = units.units(settings, experiment)
    if only:
        found = [unit for unit in found if unit.name == only]
        if not found:
            allowed = ", ".join(settings.experiments[experiment].runs)
            raise StudyError(
                f"{reader.FILE}: experiments.{experiment}.runs.{only} is unknown; "
                f"allowed: {allowed}"
            )
    todo = {unit.fingerprint: unit for unit in found if not units.is_done(unit)}
    at_once = settings.processes or (1 if found[0].device != "cpu" else os.cpu_count() or 1)
    watched = {f"{u.experiment}/{u.name}": u.folder for u in todo.values()}
    with window.window(watched) if todo else nullcontext():
        scheduler.side_by_side(list(todo.values()), at_once, settings.checkpoint_seconds)
    _forget_unlisted(experiment, settings)
    for unit in found:
        units.collect(unit)
        how = "trained" if unit.fingerprint in todo else "was done"
        print(f"{unit.label}: {how} ({unit.fingerprint})", flush=True)


def _forget_unlisted(experiment, settings):
    """Results of runs that the experiment no longer has would look current."""
    for folder in Path("runs", experiment).glob("*"):
        if folder.name not in settings.experiments[experiment].runs:
            shutil.rmtree(folder, ignore_errors=True)
