"""Stage train: every run of one experiment, side by side, and ahead of others' stages theirs.

    python -m pipeline train EXPERIMENT[.RUN]

reads   params.yaml, data/<data>.npz
writes  runs/<experiment>/<run>/    run.json, curves.csv, samples.npz, weights.npz, snapshots.npz

Each run that is not done trains in a process of its own, one thread a process (pipeline/
execution/worker.py), as many at once as there are cores. They are forked from a server that loads
the libraries, once for all runs and while this process still reads: that takes three seconds. A
run that is done is collected. A signal reaches every trainer, which writes a checkpoint; the next
call goes on from there. Where a run fails, the others are trained and collected, then the stage
fails.

Under a `dvc repro` of the whole study the first stage that has a run to train also trains those of
all other experiments (pipeline/execution/ahead.py); each is then collected by its own stage, a
copy of files that takes no Torch (pipeline/execution/ready.py).

With DSTAR_CLUSTER the units are tasks on the nodes of a Ray cluster instead (pipeline/cluster/),
and their files come back to work/.
"""

import sys
from functools import partial
from importlib import import_module
from pathlib import Path

from pipeline.execution import ahead, asked, done, machine, processes, ready, scheduler, units
from pipeline.results import shelf
from pipeline.stages import sizes, unmoved
from pipeline.study import cluster, reader
from pipeline.study.errors import StudyError
from pipeline.tracking import window


def main(name: str) -> float:
    """Trains and collects the runs of an experiment, or one run of it.

    Returns the seconds of CPU that the trainers have used.
    """
    processes.die_with_parent()
    began = ready.key()
    experiment, _, only = name.partition(".")
    with unmoved.study(partial(_decides, experiment), partial(_data, experiment)) as settings:
        return _train(settings, experiment, only, began)


def _decides(experiment, settings):
    """What of params.yaml decides the results of an experiment."""
    runs = settings.experiments[experiment].runs if experiment in settings.experiments else {}
    data = {run.data: settings.data[run.data] for run in runs.values()}
    return runs, data, settings.device, settings.threads, settings.chunk, settings.compile


def _data(experiment, settings):
    """The files that decide them."""
    return {Path("data", f"{name}.npz") for name in _decides(experiment, settings)[1]}


def _train(settings, experiment, only, began):
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
    spent = 0.0
    failed: scheduler.TrainersFailed | None = None
    try:
        spent = _trained(settings, experiment, todo, began) if todo else 0.0
    except scheduler.TrainersFailed as error:  # the others are collected, then the stage fails
        failed = error
    listed = settings.experiments[experiment].runs
    shelf.forget_unlisted(Path("runs", experiment), listed)
    for unit in found:
        if failed and unit.fingerprint in failed.fingerprints:
            continue
        record = _collected(unit, settings.checkpoint_seconds)
        how = "trained" if unit.fingerprint in todo else "was done"
        print(f"{unit.label}: {how} ({unit.fingerprint})", flush=True)
        _tell_of_others(unit, record["made_by"])
    if failed:
        raise failed
    return spent


def _trained(settings, experiment, todo, began):
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
    spent = 0.0
    failed: scheduler.TrainersFailed | None = None
    with window.window(watched):
        try:
            if address:
                cluster.installed()
                training = import_module("pipeline.cluster.training")  # and Ray with it
                spent = training.side_by_side(own, settings, address, others)
            else:
                seconds = settings.checkpoint_seconds
                spent = scheduler.side_by_side(own, at_once, seconds, others)
        except scheduler.TrainersFailed as error:
            failed = error
    if whole:
        ahead.note(settings, experiment, began)
    if failed:
        raise failed
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
