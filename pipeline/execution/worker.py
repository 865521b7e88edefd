"""The worker: a process that trains one unit, from its last checkpoint to its end.

    python -m pipeline unit EXPERIMENT RUN

writes  work/<fingerprint>/run.json        all that determines the result, and the networks' sizes
                           curves.csv      round, player, term, replica, value
                           samples.npz     x: samples of each replica at the end, (R, n, ...);
                                           average: the same by the average of its weights
                           weights.npz     network/parameter: (R, ...)
                           average.npz     the average of each over the rounds, where one is kept
                           snapshots.npz   the weights at M rounds of training, (M, R, ...), and
                                           round: (M,)
                           diverged.npz    of each diverged replica, by its position: state, batch
                                           and noise before the step that was not finite
                           seconds.json    wall time of its training, over all interruptions
                           done.json       last: the SHA-256 of each, and what made them
Progress goes to standard output, one JSON object per line. On SIGINT and SIGTERM a checkpoint is
written, then the process ends with exit code 130 or 143.
"""

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from pipeline.engine import capture
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, done, loop, machine, parts, play, times, units
from pipeline.results import schema
from pipeline.results.files import digest, write_npz
from pipeline.study import reader
from pipeline.study.errors import DATA, NON_FINITE, StudyError


def train(unit: units.Unit, checkpoint_seconds: float) -> None:
    """Trains the unit if it is not done, after waiting for any other trainer of the same unit."""
    for event in work(unit, lambda _: checkpoint_seconds):
        if isinstance(event, loop.Told):
            print(json.dumps(event._asdict()), flush=True)


def work(unit: units.Unit, wait: loop.Wait, obey: bool = True) -> Iterator[loop.Event]:
    """The training of a unit, or of a part of one, as events; at the end its files are there.

    wait: until the next checkpoint. obey: whether signals are answered (pipeline/execution/
    loop.py).
    """
    with units.alone(unit):
        if isinstance(unit, parts.Part):
            yield from _train_part(unit, wait, obey)
            return
        if done.is_done(unit):
            done.tidy(unit)  # whoever made it may have been killed before
            return
        torch.set_num_threads(unit.threads)
        try:
            yield from _train(unit, wait, obey)
        except done.NotWhole as lost:  # somebody has removed or changed a result file
            _tell_stderr(f"{lost}; what is lost is made again")
            yield from _train(unit, wait, obey)


def begin(unit: units.Unit) -> Training:
    """The unit's training at round 0."""
    data, batch = _examples(unit), unit.run.train.batch
    _in_range(unit, data)
    if batch > len(data["train"]["x"]):
        raise StudyError(
            f"{reader.FILE}: experiments.{unit.label}: batch {batch} is more than "
            f"the {len(data['train']['x'])} training examples of {unit.run.data}"
        )
    return play.begin(unit, data)


def _examples(unit):
    """The unit's data, held to its fingerprint: the very file, and numbers that are finite."""
    file = Path("data", f"{unit.run.data}.npz")
    data = play.examples(unit)
    if not file.is_file() or digest(file) != unit.data_digest:
        raise StudyError(
            f"{file}: changed since this training was asked for; run the stage again", DATA
        )
    for pool, arrays in data.items():
        for name, array in arrays.items():
            wrong = ~np.isfinite(array)
            if wrong.any():
                first = int(wrong.reshape(len(array), -1).any(1).argmax())
                raise StudyError(
                    f"{file}: {pool}_{name} has {int(wrong.sum())} values that are not finite, "
                    f"the first in example {first}; nothing can be trained on them",
                    DATA,
                )
    return data


def _in_range(unit, data):
    """Stage prepare has looked at what it made: this is for files that were put in their place."""
    for pool, arrays in data.items():
        label, x = arrays["label"], arrays["x"]
        beyond = unit.dataset.levels is not None and x.size and abs(x).max() > 1
        if beyond or (label.size and not 0 <= label.min() <= label.max() < unit.dataset.classes):
            what = "grey levels" if beyond else "labels"
            raise StudyError(
                f"data/{unit.run.data}.npz: {pool} has {what} out of range; run prepare again",
                DATA,
            )


def _train(unit, wait, obey):
    block, folder = unit.run.train, unit.folder
    (folder / done.RECORD).unlink(missing_ok=True)
    for part in parts.of(unit):
        yield from work(part, wait, obey)
    parts.join(unit)
    with times.trained(folder):
        training = begin(unit)
        kept = checkpoints.restore(training, unit, tell=_tell_stderr)
        if unit.device != "cpu":
            capture.use(training)
        _have_part(unit, training, kept["made_by"])
        _write_record(unit, training, kept["made_by"])
        known = set(training.diverged)
        _end_if_none_is_left(unit, training)

        def note():
            if _told_diverged(unit, training, known):
                _write_record(unit, training, kept["made_by"])
                _end_if_none_is_left(unit, training)

        written = yield from loop.go_on(unit, training, kept, wait, note, obey)
        if block.snapshots:
            snapshots = play.snapshots_of(block.rounds, block.snapshots)
            found = loop.snapshots_of(unit, kept)
            write_npz(folder / "snapshots.npz", play.stacked(snapshots, found))
        for name, arrays in play.results(training, block.samples):
            write_npz(folder / name, arrays)
        curves = {"curves.csv": written["sha256"]}
        done.finish(unit, bool(training.diverged), curves, kept["made_by"])
    parts.forget(unit)


def _train_part(part, wait, obey):
    """Plays some chunks of a unit; what is left is their last checkpoint, and its files."""
    if parts.is_played(part):
        return
    torch.set_num_threads(part.threads)
    with times.trained(part.folder):
        training = begin(part)
        training.chunks = training.chunks[part.chunks]
        kept = checkpoints.restore(training, part, tell=_tell_stderr)
        if part.device != "cpu":
            capture.use(training)
        _have_part(part, training, kept["made_by"])
        known = set(training.diverged)
        note = partial(_told_diverged, part, training, known)
        kept["curves"] = yield from loop.go_on(part, training, kept, wait, note, obey)
        checkpoints.save(training, part.folder, kept)
        yield loop.Saved(training.round)


def _have_part(unit, training, made_by):
    """Adds this machine and its versions to made_by; reports it if it is another one."""
    now = machine.here(unit.device)
    last = {key: made_by[-1][key] for key in now} if made_by else None
    if last == now:
        return
    made_by.append({"from_round": training.round} | now)
    if last:
        _tell_stderr(
            f"warning: {unit.label} was begun with {machine.told(last)} and goes on at round "
            f"{training.round} with {machine.told(now)}; its record names both"
        )


def _write_record(unit, training, made_by):
    """Writes run.json, and diverged.npz if replicas have diverged."""
    ensemble, diverged = training.ensemble, training.diverged
    sizes = {network: weights.shape[1] for network, weights in ensemble.weights.items()}
    versions = [part["versions"] for part in made_by]
    found = {
        "fingerprint": unit.fingerprint,
        "parameters": sizes,
        "players": {player.name: list(player.moves) for player in training.players},
        # Of a run that was resumed with other versions, all of them.
        "versions": {
            name: ", ".join(dict.fromkeys(v[name] for v in versions))
            for name in ("torch", "numpy")
        },
        "diverged": [
            {"replica": r, "seed": ensemble.seeds[r]}
            | {k: v for k, v in d._asdict().items() if k != "box"}
            for r, d in diverged.items()
        ],
    }
    file = unit.folder / "run.json"
    schema.write(file, schema.parse(schema.Record, unit.record | found, file))
    if diverged:
        write_npz(unit.folder / done.DIVERGED, play.boxes(training))


def _told_diverged(unit, training, known):
    """Reports newly diverged replicas; whether there are any."""
    new = [replica for replica in training.diverged if replica not in known]
    known.update(new)
    box = units.place(unit.fingerprint) / done.DIVERGED
    for replica in new:
        where = _where(unit, training, replica)
        _tell_stderr(f"{where}; the replica stands still, see {box}")
    return bool(new)


def _end_if_none_is_left(unit, training):
    if len(training.diverged) == len(training.ensemble.seeds):
        line = _where(unit, training, max(training.diverged))
        kept = max(unit.folder.glob("checkpoint-*.npz"), default=None)
        there = f"; the last checkpoint is {kept}" if kept else ""
        raise StudyError(
            f"{line}, and no replica is left; `python -m pipeline replay {unit.label}` plays the "
            f"step again{there}",
            NON_FINITE,
        )


def _where(unit, training, replica):
    d = training.diverged[replica]
    what = f"{d.player}'s {d.term or d.quantity}"
    seed = training.ensemble.seeds[replica]
    return f"{unit.label}: {what} is not finite at round {d.round} for seed {seed}"


def _tell_stderr(text):
    print(text, file=sys.stderr, flush=True)
