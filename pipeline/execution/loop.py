"""The loop of a training: rounds, with curves, snapshots, checkpoints and progress on the way.

The trainer of a unit goes through it (pipeline/execution/worker.py), as does that of some chunks
of one (pipeline/execution/parts.py), in a process of this machine or on a node of a cluster.
"""

import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, done, play
from pipeline.execution.curves import Curves, Prefix
from pipeline.execution.units import Unit
from pipeline.results.files import digest, read_npz, write_npz
from pipeline.study.errors import StudyError

TELL_SECONDS = 0.5  # between two reports of progress
UNSEEN = 1024  # the most rounds of a GPU that are played before the host sees one


class Told(NamedTuple):
    """How far a training is."""

    round: int
    images: int  # per second, over all its replicas


class Saved(NamedTuple):
    """A checkpoint has been written, of this round."""

    round: int


Event = Told | Saved
Wait = Callable[[float], float]  # of the seconds that the last checkpoint took, until the next


def go_on(
    unit: Unit,
    training: Training,
    kept: checkpoints.Record,
    wait: Wait,
    note: Callable[[], Any],
    obey: bool,
) -> Generator[Event, None, Prefix]:
    """Plays the rounds that are left. Returns what curves.csv then is.

    kept: the record of the checkpoint that the training was restored from; it is brought up to
    date. note: called when all values so far have been checked to be finite. obey: whether a
    signal is answered by a checkpoint, and then by the end of the process.
    """
    block, folder = unit.run.train, unit.folder
    started, saved, told, cost = time.monotonic(), time.monotonic(), 0.0, 0.0
    first, snapshots = training.round, play.snapshots_of(block.rounds, block.snapshots)
    reported = first
    if first == 0:
        _keep_snapshot(unit, training, snapshots, kept)
    signals = _signals() if obey else nullcontext(list[int]())
    with Curves(folder / "curves.csv", kept["curves"]) as curves, signals as received:
        pace = float("inf")  # seconds a round
        while training.round < block.rounds:
            began, before = time.monotonic(), training.round
            at_once = int(min(TELL_SECONDS, wait(cost)) / pace)
            block_ends = before - before % BLOCK + BLOCK
            stop = min(before + max(1, at_once), block_ends, block.rounds)
            stop = min([stop, *(snapshot for snapshot in snapshots if snapshot > before)])
            training.advance(stop)
            now = time.monotonic()
            pace = (now - began) / (stop - before)
            to_save = bool(received) or now - saved >= wait(cost)
            # Checking that all is finite costs a tenth of a wide network's round.
            due = _is_due(unit, reported, stop)
            if to_save or due or stop in snapshots or stop == block.rounds:
                reported = stop
                for played, report in training.reports():
                    if play.is_logged(played, block.log_every):
                        curves.write(play.rows(played, report))
                note()
                _keep_snapshot(unit, training, snapshots, kept)
            if to_save:
                kept["curves"] = curves.prefix()
                checkpoints.save(training, folder, kept)
                yield Saved(training.round)
                saved = time.monotonic()
                cost = saved - now
                if received:
                    sys.exit(128 + received[0])
            if now - told >= TELL_SECONDS:
                curves.flush()
                yield _told(unit, training, first, started)
                told = now
        written = curves.prefix()
    yield _told(unit, training, first, started)
    return written


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


def _told(unit, training, first, started):
    pace = (training.round - first) / (time.monotonic() - started)
    return Told(training.round, round(pace * unit.run.train.batch * unit.replicas))


def _keep_snapshot(unit, training, snapshots, kept):
    """Writes one file per snapshot, so that an interrupted run keeps its earlier ones."""
    if training.round in snapshots:
        file = snapshot(unit.folder, training.round)
        write_npz(file, {n: a[unit.rows] for n, a in play.settled(training).items()})
        kept["snapshots"][file.name] = digest(file)


def snapshots_of(unit: Unit, kept: checkpoints.Record) -> list[dict[str, np.ndarray]]:
    """The weights of each snapshot, verified by their SHA-256."""
    found = []
    for played in play.snapshots_of(unit.run.train.rounds, unit.run.train.snapshots):
        file = snapshot(unit.folder, played)
        try:
            found.append(read_npz(file))
            whole = digest(file) == kept["snapshots"][file.name]
        except (StudyError, OSError, KeyError) as error:
            raise done.NotWhole(file, f"is not there or not sound ({error})") from error
        if not whole:
            raise done.NotWhole(file, "is not what this training has written")
    return found


def snapshot(folder: Path, played: int) -> Path:
    """The file of the weights after `played` rounds."""
    return folder / f"snapshot-{played:09d}.npz"


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
