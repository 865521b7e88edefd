"""One unit, trained from where it stands to its end: the process that does the work.

    python -m pipeline unit EXPERIMENT RUN

writes  work/<fingerprint>/run.json        what decides the result, and the networks' sizes
                           curves.csv      round, player, term, replica, value
                           samples.npz     x: what each replica generates at the end, (R, n, ...)
                           weights.npz     network/parameter: (R, ...)
                           snapshots.npz   the same at rounds of training, (M, R, ...); round: (M,)
                           seconds.json    wall time of its training, over all interruptions
                           done.json       last: the SHA-256 of each
Progress goes to standard output, a JSON object a line. SIGINT and SIGTERM write a checkpoint
first and then end the process with 130 or 143.
"""

import io
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from pipeline.execution import checkpoints, times, units
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
            with times.trained(unit.folder):
                _train(unit, checkpoint_seconds)


def begin(unit: units.Unit) -> Training:
    """The unit's training at round 0."""
    block = unit.run.train
    data = prepared.load(unit.run.data, unit.dataset)["train"]
    if block.batch > len(data["x"]):
        raise StudyError(
            f"{reader.FILE}: experiments.{unit.label}: batch {block.batch} is more than "
            f"the {len(data['x'])} training examples of {unit.run.data}"
        )
    device = torch.device(unit.device)
    tensors = {name: torch.from_numpy(array).to(device) for name, array in data.items()}
    ensemble = Ensemble(
        models.build(unit.run.model, unit.run.arguments, unit.dataset), block.seeds, device
    )
    return Training(
        ensemble,
        tensors,
        block.batch,
        optimizer(**block.optimizer.model_dump(exclude={"final"})),
        unit.chunk,
        unit.compiled,
        falling(block.rounds, block.optimizer.final),
    )


def falling(rounds: int, final: float) -> Callable[[int], float]:
    """The share of the learning rate at each round: from 1 in a straight line to `final`."""
    return lambda played: 1 - (1 - final) * played / max(rounds - 1, 1)


def _train(unit, checkpoint_seconds):
    block, folder = unit.run.train, unit.folder
    (folder / "done.json").unlink(missing_ok=True)
    training = begin(unit)
    write_json(folder / "run.json", _run_json(unit, training))
    kept = checkpoints.restore(training, folder, tell=_tell_stderr)
    started, saved, told = time.monotonic(), time.monotonic(), 0.0
    first, snapshots = training.round, snapshots_of(block.rounds, block.snapshots)
    if first == 0:
        _keep_snapshot(training, folder, snapshots)
    with open(folder / "curves.csv", "ab") as curves, _signals() as received:
        curves.truncate(kept)
        curves.seek(kept)
        if not kept:
            curves.write(b"round,player,term,replica,value\n")
        pace = float("inf")  # seconds a round
        while training.round < block.rounds:
            began, before = time.monotonic(), training.round
            at_once = int(min(TELL_SECONDS, checkpoint_seconds) / pace)
            stop = min(before + min(BLOCK, max(1, at_once)), block.rounds)
            stop = min([stop, *(snapshot for snapshot in snapshots if snapshot > before)])
            for played, report in enumerate(training.play(stop), before + 1):
                if played == 1 or played % block.log_every == 0:
                    curves.write(_rows(unit, played, report))
            _keep_snapshot(training, folder, snapshots)
            now = time.monotonic()
            pace = (now - began) / (stop - before)
            if received or now - saved >= checkpoint_seconds:
                curves.flush()
                _finite(unit, training)
                checkpoints.save(training, folder, curves.tell())
                saved = now
                if received:
                    sys.exit(128 + received[0])
            if now - told >= TELL_SECONDS:
                curves.flush()
                _tell(unit, training.round, (training.round - first) / (now - started))
                told = now
    _finite(unit, training)
    _tell(unit, training.round, (training.round - first) / (time.monotonic() - started))
    training.ensemble.settle()
    write_npz(folder / "weights.npz", checkpoints.weights(training))
    if snapshots:
        write_npz(folder / "snapshots.npz", _kept(folder, snapshots))
    if hasattr(training.ensemble.model, "sample"):
        samples = training.ensemble.sample(block.samples, "sample")
        write_npz(folder / "samples.npz", {"x": samples.cpu().numpy()})
    units.finish(unit)


def snapshots_of(rounds: int, parts: int) -> list[int]:
    """The rounds at whose ends weights are kept: 0, and the end of each of so many parts."""
    return sorted({rounds * k // parts for k in range(parts + 1)}) if parts else []


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


def _run_json(unit, training):
    ensemble = training.ensemble
    sizes = {network: weights.shape[1] for network, weights in ensemble.weights.items()}
    found = {
        "fingerprint": unit.fingerprint,
        "parameters": sizes,
        "players": {player.name: list(player.moves) for player in training.players},
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }
    return unit.record | found


def _rows(unit, played, report):
    """The lines of curves.csv for one round."""
    text = io.StringIO()
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
                text.write(f"{played},{player},{term},{replica},{value:.9g}\n")
    return text.getvalue().encode()


def _finite(unit, training):
    """A checkpoint or a result never holds a number that is not finite."""
    for name, array in checkpoints.weights(training).items():
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
