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
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from pipeline.engine import capture
from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, done, machine, play, times, units
from pipeline.execution.curves import Curves
from pipeline.results import schema
from pipeline.results.files import digest, read_npz, write_npz
from pipeline.study import reader
from pipeline.study.errors import DATA, NON_FINITE, StudyError

TELL_SECONDS = 0.5  # between two progress lines
UNSEEN = 1024  # the most rounds of a GPU that are played before the host sees one


def train(unit: units.Unit, checkpoint_seconds: float) -> None:
    """Trains the unit if it is not done, after waiting for any other trainer of the same unit."""
    with units.alone(unit):
        if done.is_done(unit):
            return
        torch.set_num_threads(unit.threads)
        with times.trained(unit.folder):
            try:
                _train(unit, checkpoint_seconds)
            except done.NotWhole as lost:  # somebody has removed or changed a result file
                _tell_stderr(f"{lost}; what is lost is made again")
                _train(unit, checkpoint_seconds)


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


def _train(unit, checkpoint_seconds):
    block, folder = unit.run.train, unit.folder
    (folder / done.RECORD).unlink(missing_ok=True)
    training = begin(unit)
    kept = checkpoints.restore(training, unit, tell=_tell_stderr)
    if unit.device != "cpu":
        capture.use(training)
    _have_part(unit, training, kept["made_by"])
    _write_record(unit, training, kept["made_by"])
    started, saved, told = time.monotonic(), time.monotonic(), 0.0
    first, snapshots = training.round, play.snapshots_of(block.rounds, block.snapshots)
    reported = first
    diverged = set(training.diverged)
    if first == 0:
        _keep_snapshot(training, folder, snapshots, kept)
    with Curves(folder / "curves.csv", kept["curves"]) as curves, _signals() as received:
        pace = float("inf")  # seconds a round
        while training.round < block.rounds:
            began, before = time.monotonic(), training.round
            at_once = int(min(TELL_SECONDS, checkpoint_seconds) / pace)
            block_ends = before - before % BLOCK + BLOCK
            stop = min(before + max(1, at_once), block_ends, block.rounds)
            stop = min([stop, *(snapshot for snapshot in snapshots if snapshot > before)])
            training.advance(stop)
            now = time.monotonic()
            pace = (now - began) / (stop - before)
            to_save = bool(received) or now - saved >= checkpoint_seconds
            # Checking that all is finite costs a tenth of a wide network's round.
            due = _is_due(unit, reported, stop)
            if to_save or due or stop in snapshots or stop == block.rounds:
                reported = stop
                for played, report in training.reports():
                    if play.is_logged(played, block.log_every):
                        curves.write(play.rows(played, report))
                _note_diverged(unit, training, diverged, kept["made_by"])
                _keep_snapshot(training, folder, snapshots, kept)
            if to_save:
                kept["curves"] = curves.prefix()
                checkpoints.save(training, folder, kept)
                saved = now
                if received:
                    sys.exit(128 + received[0])
            if now - told >= TELL_SECONDS:
                curves.flush()
                _tell(unit, training.round, (training.round - first) / (now - started))
                told = now
        written = curves.prefix()
    _tell(unit, training.round, (training.round - first) / (time.monotonic() - started))
    if snapshots:
        found = _kept_snapshots(folder, snapshots, kept)
        write_npz(folder / "snapshots.npz", play.stacked(snapshots, found))
    for name, arrays in play.results(training, block.samples):
        write_npz(folder / name, arrays)
    known = {"curves.csv": written["sha256"]}
    done.finish(unit, bool(training.diverged), known, kept["made_by"])


def _is_due(unit, reported, played):
    """Whether what was played since the last report is to be looked at.

    On a CPU at the end of each block. To look is to wait for a GPU: there it is done where a round
    is logged. reported: rounds at the last report. played: rounds by now.
    """
    if unit.device == "cpu":
        return played % BLOCK == 0
    every = unit.run.train.log_every
    logged = not reported or played // every > reported // every
    return logged or played - reported >= UNSEEN


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


def _keep_snapshot(training, folder, snapshots, kept):
    """Writes one file per snapshot, so that an interrupted run keeps its earlier ones."""
    if training.round in snapshots:
        file = _snapshot(folder, training.round)
        write_npz(file, play.settled(training))
        kept["snapshots"][file.name] = digest(file)


def _kept_snapshots(folder, snapshots, kept):
    """The weights of each snapshot, verified by their SHA-256."""
    found = []
    for played in snapshots:
        file = _snapshot(folder, played)
        try:
            found.append(read_npz(file))
            whole = digest(file) == kept["snapshots"][file.name]
        except (StudyError, OSError) as error:
            raise done.NotWhole(file, f"is not there or not sound ({error})") from error
        if not whole:
            raise done.NotWhole(file, "is not what this training has written")
    return found


def _snapshot(folder, played):
    return folder / f"snapshot-{played:09d}.npz"


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


def _note_diverged(unit, training, known, made_by):
    """Records and reports newly diverged replicas; ends a run that has no finite one left."""
    new = {r: d for r, d in training.diverged.items() if r not in known}
    if not new:
        return
    known |= new.keys()
    _write_record(unit, training, made_by)
    for replica, d in new.items():
        what = f"{d.player}'s {d.term or d.quantity}"
        line = (
            f"{unit.label}: {what} is not finite at round {d.round} for seed "
            f"{training.ensemble.seeds[replica]}"
        )
        _tell_stderr(f"{line}; the replica stands still, see {unit.folder / done.DIVERGED}")
    if len(known) == len(training.ensemble.seeds):
        kept = max(unit.folder.glob("checkpoint-*.npz"), default=None)
        there = f"; the last checkpoint is {kept}" if kept else ""
        raise StudyError(
            f"{line}, and no replica is left; `python -m pipeline replay {unit.label}` plays the "
            f"step again{there}",
            NON_FINITE,
        )


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Catches the first SIGINT or SIGTERM, to be handled at the end of the current rounds."""
    received: list[int] = []

    def note(number, _):
        if received:
            sys.exit(128 + number)
        received.append(number)

    before = {n: signal.signal(n, note) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(unit, played, rounds_per_second):
    block = unit.run.train
    images = rounds_per_second * block.batch * len(block.seeds)
    print(json.dumps({"round": played, "images": round(images)}), flush=True)


def _tell_stderr(text):
    print(text, file=sys.stderr, flush=True)
