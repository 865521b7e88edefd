"""One unit, trained from where it stands to its end: the process that does the work.

    python -m pipeline unit EXPERIMENT RUN

writes  work/<fingerprint>/run.json        what decides the result, and the networks' sizes
                           curves.csv      round, player, term, replica, value
                           samples.npz     x: what each replica generates at the end, (R, n, ...)
                           weights.npz     network/parameter: (R, ...)
                           snapshots.npz   the same at rounds of training, (M, R, ...); round: (M,)
                           seconds.json    wall time of its training, over all interruptions
                           done.json       last: the SHA-256 of each, and what made them
Progress goes to standard output, a JSON object a line. SIGINT and SIGTERM write a checkpoint
first and then end the process with 130 or 143.
"""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, done, machine, play, times, units
from pipeline.execution.curves import Curves
from pipeline.results import schema
from pipeline.results.files import digest, read_npz, write_npz
from pipeline.study import reader
from pipeline.study.errors import NON_FINITE, StudyError

TELL_SECONDS = 0.5  # between two progress lines


def train(unit: units.Unit, checkpoint_seconds: float) -> None:
    """Trains the unit if it is not done; another trainer of the same unit is waited for."""
    with units.alone(unit):
        if done.is_done(unit):
            return
        torch.set_num_threads(unit.threads)
        with times.trained(unit.folder):
            try:
                _train(unit, checkpoint_seconds)
            except done.NotWhole as lost:  # somebody has removed or changed what it had written
                _tell_stderr(f"{lost}; what is lost is made again")
                _train(unit, checkpoint_seconds)


def begin(unit: units.Unit) -> Training:
    """The unit's training at round 0."""
    data, batch = play.examples(unit), unit.run.train.batch
    if batch > len(data["x"]):
        raise StudyError(
            f"{reader.FILE}: experiments.{unit.label}: batch {batch} is more than "
            f"the {len(data['x'])} training examples of {unit.run.data}"
        )
    return play.begin(unit, data)


def _train(unit, checkpoint_seconds):
    block, folder = unit.run.train, unit.folder
    (folder / done.RECORD).unlink(missing_ok=True)
    training = begin(unit)
    kept = checkpoints.restore(training, unit, tell=_tell_stderr)
    _have_part(unit, training, kept["made_by"])
    schema.write(folder / "run.json", _record(unit, training, kept["made_by"]))
    started, saved, told = time.monotonic(), time.monotonic(), 0.0
    first, snapshots = training.round, play.snapshots_of(block.rounds, block.snapshots)
    if first == 0:
        _keep_snapshot(training, folder, snapshots, kept)
    with Curves(folder / "curves.csv", kept["curves"]) as curves, _signals() as received:
        pace = float("inf")  # seconds a round
        while training.round < block.rounds:
            began, before = time.monotonic(), training.round
            at_once = int(min(TELL_SECONDS, checkpoint_seconds) / pace)
            stop = min(before + min(BLOCK, max(1, at_once)), block.rounds)
            stop = min([stop, *(snapshot for snapshot in snapshots if snapshot > before)])
            for played, report in enumerate(training.play(stop), before + 1):
                if play.is_logged(played, block.log_every):
                    _finite_report(unit, played, report)
                    curves.write(play.rows(played, report))
            _keep_snapshot(training, folder, snapshots, kept)
            now = time.monotonic()
            pace = (now - began) / (stop - before)
            if received or now - saved >= checkpoint_seconds:
                _finite(unit, training)
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
    _finite(unit, training)
    _tell(unit, training.round, (training.round - first) / (time.monotonic() - started))
    write_npz(folder / "weights.npz", play.settled(training))
    if snapshots:
        found = _kept_snapshots(folder, snapshots, kept)
        write_npz(folder / "snapshots.npz", play.stacked(snapshots, found))
    if "samples.npz" in done.promised(unit):
        write_npz(folder / "samples.npz", play.samples(training, block.samples))
    done.finish(unit, {"curves.csv": written["sha256"]}, kept["made_by"])


def _have_part(unit, training, made_by):
    """Adds this machine and its versions to those that had a part; a second is told of."""
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
    """A file a snapshot, so that an interrupted run has those that it passed."""
    if training.round in snapshots:
        file = _snapshot(folder, training.round)
        write_npz(file, play.settled(training))
        kept["snapshots"][file.name] = digest(file)


def _kept_snapshots(folder, snapshots, kept):
    """The weights of each snapshot, as they were written."""
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


def _record(unit, training, made_by):
    ensemble = training.ensemble
    sizes = {network: weights.shape[1] for network, weights in ensemble.weights.items()}
    versions = [part["versions"] for part in made_by]
    found = {
        "fingerprint": unit.fingerprint,
        "parameters": sizes,
        "players": {player.name: list(player.moves) for player in training.players},
        # Of a run that went on with another version, all that had a part.
        "versions": {
            name: ", ".join(dict.fromkeys(v[name] for v in versions))
            for name in ("torch", "numpy")
        },
    }
    return schema.parse(schema.Record, unit.record | found, unit.folder / "run.json")


def _finite_report(unit, played, report):
    for player, terms in report.items():
        for term, values in terms.items():
            for replica, value in enumerate(values.tolist()):
                if not np.isfinite(value):
                    raise StudyError(
                        f"{unit.label}: {player}'s {term} is {value} at round {played} for seed "
                        f"{unit.run.train.seeds[replica]}; the last finite checkpoint is in "
                        f"{unit.folder}; try a smaller learning rate",
                        NON_FINITE,
                    )


def _finite(unit, training):
    """A checkpoint or a result never holds a number that is not finite."""
    for name, array in play.weights(training).items():
        if not np.isfinite(array).all():
            bad = int(np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1))[0])
            raise StudyError(
                f"{unit.label}: {name} is not finite at round {training.round} for seed "
                f"{unit.run.train.seeds[bad]}; the last finite checkpoint is in {unit.folder}",
                NON_FINITE,
            )


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The first SIGINT or SIGTERM is noted, to be obeyed at the end of the rounds in play."""
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
