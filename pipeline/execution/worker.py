"""One unit, trained from where it stands to its end: the process that does the work.

    python -m pipeline unit EXPERIMENT RUN

writes  work/<fingerprint>/run.json        what decides the result, and the networks' sizes
                           curves.csv      round, player, term, replica, value
                           samples.npz     x: what each replica generates at the end, (R, n, ...);
                                           average: the same by the average of its weights
                           weights.npz     network/parameter: (R, ...)
                           average.npz     the average of each over the rounds, where one is kept
                           snapshots.npz   the same at rounds of training, (M, R, ...); round: (M,)
                           diverged.npz    of each replica that stands still, by its place: state,
                                           batch and noise before the step that was not finite
                           done.json       last: the SHA-256 of each
Progress goes to standard output, a JSON object a line. SIGINT and SIGTERM write a checkpoint
first and then end the process with 130 or 143.
"""

import io
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.schedules import scheduled
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, units
from pipeline.results import data as prepared
from pipeline.results.files import read_npz, write_json, write_npz
from pipeline.study import reader
from pipeline.study.errors import NON_FINITE, StudyError

TELL_SECONDS = 0.5  # between two progress lines


def train(unit: units.Unit, checkpoint_seconds: float) -> None:
    """Trains the unit if it is not done; another trainer of the same unit is waited for."""
    with units.alone(unit):
        if not units.is_done(unit):
            torch.set_num_threads(unit.threads)
            _train(unit, checkpoint_seconds)


def begin(unit: units.Unit) -> Training:
    """The unit's training at round 0."""
    block = unit.run.train
    data = prepared.load(unit.run.data, unit.dataset)
    if block.batch > len(data["train"]["x"]):
        raise StudyError(
            f"{reader.FILE}: experiments.{unit.label}: batch {block.batch} is more than "
            f"the {len(data['train']['x'])} training examples of {unit.run.data}"
        )
    device = torch.device(unit.device)
    model = models.build(unit.run.model, unit.run.arguments, unit.dataset)
    drawn = {"train", *(pool for player in model.players() for pool in player.draws.values())}
    pools = {
        pool: {name: torch.from_numpy(array).to(device) for name, array in data[pool].items()}
        for pool in drawn
    }
    return Training(
        Ensemble(model, block.seeds, device),
        pools.pop("train"),
        block.batch,
        optimizer(**scheduled(block.optimizer, block.rounds)),
        unit.chunk,
        unit.compiled,
        rounds=block.rounds,
        pools=pools,
        decay=block.average or 0.0,
    )


def _train(unit, checkpoint_seconds):
    block, folder = unit.run.train, unit.folder
    (folder / "done.json").unlink(missing_ok=True)
    training = begin(unit)
    kept = checkpoints.restore(training, folder, tell=_tell_stderr)
    _write_record(unit, training)
    started, saved, told = time.monotonic(), time.monotonic(), 0.0
    first, snapshots = training.round, snapshots_of(block.rounds, block.snapshots)
    diverged = set(training.diverged)
    if first == 0:
        _keep_snapshot(training, folder, snapshots)
    with open(folder / "curves.csv", "ab") as curves, _signals() as received:
        curves.truncate(kept)
        curves.seek(kept)
        if not kept:
            curves.write(b"round,player,term,replica,value\n")
        pace = float("inf")  # seconds per round
        while training.round < block.rounds:
            began, before = time.monotonic(), training.round
            at_once = int(min(TELL_SECONDS, checkpoint_seconds) / pace)
            stop = min(before + min(BLOCK, max(1, at_once)), block.rounds)
            stop = min([stop, *(snapshot for snapshot in snapshots if snapshot > before)])
            training.advance(stop)
            now = time.monotonic()
            pace = (now - began) / (stop - before)
            to_save = bool(received) or now - saved >= checkpoint_seconds
            # To look whether all is finite costs a tenth of a wide network's round.
            if to_save or stop % BLOCK == 0 or stop in snapshots or stop == block.rounds:
                for played, report in training.reports():
                    if played == 1 or played % block.log_every == 0:
                        curves.write(_rows(played, report))
                _note_diverged(unit, training, diverged)
                _keep_snapshot(training, folder, snapshots)
            if to_save:
                curves.flush()
                checkpoints.save(training, folder, curves.tell())
                saved = now
                if received:
                    sys.exit(128 + received[0])
            if now - told >= TELL_SECONDS:
                curves.flush()
                _tell(unit, training.round, (training.round - first) / (now - started))
                told = now
    _tell(unit, training.round, (training.round - first) / (time.monotonic() - started))
    if snapshots:
        write_npz(folder / "snapshots.npz", _kept(folder, snapshots))
    samples = _results(training, folder / "weights.npz", "x", block.samples)
    if training.average:
        training.use_average()
        samples |= _results(training, folder / "average.npz", "average", block.samples)
    if samples:
        write_npz(folder / "samples.npz", samples)
    units.finish(unit)


def _results(training, path, name, count):
    """Writes the weights, statistics settled. Returns {name: samples} of a model that samples."""
    training.ensemble.settle()
    write_npz(path, checkpoints.weights(training))
    if not hasattr(training.ensemble.model, "sample"):
        return {}
    return {name: training.ensemble.sample(count, "sample").cpu().numpy()}


def snapshots_of(rounds: int, count: int) -> list[int]:
    """The rounds at whose ends weights are kept: 0, and the end of each of so many stretches."""
    return sorted({rounds * k // count for k in range(count + 1)}) if count else []


def _keep_snapshot(training, folder, snapshots):
    """A file a snapshot, so that an interrupted run has those that it passed."""
    if training.round in snapshots:
        training.ensemble.settle()
        write_npz(_snapshot(folder, training.round), checkpoints.weights(training))


def _kept(folder, snapshots):
    found = [read_npz(_snapshot(folder, played)) for played in snapshots]
    return {"round": np.array(snapshots)} | {
        name: np.stack([weights[name] for weights in found]) for name in found[0]
    }


def _snapshot(folder, played):
    return folder / f"snapshot-{played:09d}.npz"


def _write_record(unit, training):
    """run.json; and diverged.npz where replicas stand still, with all that their last step saw."""
    ensemble, diverged = training.ensemble, training.diverged
    sizes = {network: weights.shape[1] for network, weights in ensemble.weights.items()}
    found = {
        "fingerprint": unit.fingerprint,
        "parameters": sizes,
        "players": {player.name: list(player.moves) for player in training.players},
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "diverged": [
            {"replica": r, "seed": ensemble.seeds[r]}
            | {k: v for k, v in d._asdict().items() if k != "box"}
            for r, d in diverged.items()
        ],
    }
    write_json(unit.folder / "run.json", unit.record | found)
    if diverged:
        boxes = {
            f"{r}/{n}": t.cpu().numpy() for r, d in diverged.items() for n, t in d.box.items()
        }
        write_npz(unit.folder / "diverged.npz", boxes)


def _note_diverged(unit, training, known):
    """Records and tells of replicas that diverged since the last look; ends a run of no other."""
    new = {r: d for r, d in training.diverged.items() if r not in known}
    if not new:
        return
    known |= new.keys()
    _write_record(unit, training)
    for replica, d in new.items():
        what = f"{d.player}'s {d.term or d.quantity}"
        line = (
            f"{unit.label}: {what} is not finite at round {d.round} for seed "
            f"{training.ensemble.seeds[replica]}"
        )
        _tell_stderr(f"{line}; the replica stands still, see {unit.folder}/diverged.npz")
    if len(known) == len(training.ensemble.seeds):
        raise StudyError(
            f"{line}, and no replica is left; try a smaller learning rate", NON_FINITE
        )


def _rows(played, report):
    """The lines of curves.csv for one round; nan for a replica that stands still."""
    text = io.StringIO()
    for player, terms in report.items():
        for term, values in terms.items():
            for replica, value in enumerate(values.tolist()):
                text.write(f"{played},{player},{term},{replica},{value:.9g}\n")
    return text.getvalue().encode()


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
