"""Stage train: every run of one experiment, side by side, and ahead of others' stages theirs.

    python -m pipeline train EXPERIMENT[.RUN]

reads   params.yaml, data/<data>.npz
writes  runs/<experiment>/<run>/    run.json, curves.csv, samples.npz, weights.npz, snapshots.npz

Each run that is not done trains in a process of its own, one thread a process (pipeline/
execution/worker.py), as many at once as there are cores. They are forked from a server that loads
the libraries, once for all runs and while this process still reads: that takes three seconds. A
run that is done is collected. A signal reaches every trainer, which writes a checkpoint; the next
call goes on from there.

Under a `dvc repro` of the whole study the first stage that has a run to train also trains those of
all other experiments (pipeline/execution/ahead.py); each is then collected by its own stage, a
copy of files that takes no Torch (pipeline/execution/ready.py).

With `cluster` in params.yaml or DSTAR_CLUSTER the units are tasks on the nodes of a Ray cluster
instead (pipeline/cluster/), and their files come back to work/.
"""

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from pipeline.execution import ahead, asked, done, machine, processes, scheduler, units
from pipeline.stages import check, sizes
from pipeline.study import cluster, reader
from pipeline.study.errors import StudyError
from pipeline.tracking import window


def main(name: str) -> float:
    """Trains and collects the runs of an experiment, or one run of it.

    Returns the seconds of CPU that the trainers have used.
    """
    processes.die_with_parent()
    settings = check.study()
    experiment, _, only = name.partition(".")
    if experiment in settings.experiments and not cluster.address(settings):
        processes.load_libraries(settings)
    found = units.units(settings, experiment)
    if only:
        found = [unit for unit in found if unit.name == only]
        if not found:
            allowed = ", ".join(settings.experiments[experiment].runs)
            raise StudyError(
                f"{reader.FILE}: experiments.{experiment}.runs.{only} is unknown; "
                f"allowed: {allowed}"
            )
    todo = {unit.fingerprint: unit for unit in found if not done.is_done(unit)}
    if todo:
        sizes.check(settings, [experiment])
    spent = _trained(settings, experiment, todo) if todo else 0.0
    _forget_unlisted(experiment, settings)
    for unit in found:
        record = _collected(unit, settings.checkpoint_seconds)
        how = "trained" if unit.fingerprint in todo else "was done"
        print(f"{unit.label}: {how} ({unit.fingerprint})", flush=True)
        _tell_of_others(unit, record["made_by"])
    return spent


def _trained(settings, experiment, todo):
    """Trains the units of an experiment, and those of others where DVC will come to them."""
    own, others = list(todo.values()), list[units.Unit]()
    at_once = settings.processes or (1 if own[0].device != "cpu" else machine.cores())
    address = cluster.address(settings)
    whole = (address or at_once > 1) and asked.whole_study()
    if whole:
        others = [u for u in ahead.stale(settings, experiment) if u.fingerprint not in todo]
    if others:
        print(f"{len(others)} runs of other experiments are trained ahead", flush=True)
    watched = {f"{u.experiment}/{u.name}": u.folder for u in [*own, *others]}
    with window.window(watched):
        if address:
            cluster.installed()
            training = import_module("pipeline.cluster.training")  # and Ray with it
            spent = training.side_by_side(own, settings, address, others)
        else:
            seconds = settings.checkpoint_seconds
            spent = scheduler.side_by_side(own, at_once, seconds, others)
    if whole:
        ahead.note(settings, experiment)
    return spent


def _collected(unit, checkpoint_seconds):
    """The record of a unit whose result is in runs/; what is no longer whole is made again."""
    try:
        return done.collect(unit)
    except done.NotWhole as lost:
        print(f"{lost}; it is made again", file=sys.stderr, flush=True)
        scheduler.side_by_side([unit], 1, checkpoint_seconds)
        return done.collect(unit)


def _tell_of_others(unit, made_by):
    """One warning where a result was made elsewhere than here."""
    now = machine.here(unit.device)
    others = [part for part in made_by if {key: part[key] for key in now} != now]
    if others:
        print(
            f"warning: {unit.label} was made with {' and '.join(map(machine.told, others))}; "
            f"here is {machine.told(now)}",
            file=sys.stderr,
            flush=True,
        )


def _forget_unlisted(experiment, settings):
    """Results of runs that the experiment no longer has would look current.

    Only files of a result go: what else a user has put there stays.
    """
    for folder in Path("runs", experiment).glob("*"):
        if folder.name not in settings.experiments[experiment].runs and folder.is_dir():
            for name in done.RESULT:
                (folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # not empty
                folder.rmdir()
