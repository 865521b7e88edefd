"""Checkpoints: a training that is stopped at any moment resumes with the same results.

A checkpoint is one .npz of arrays: parameters, buffers, optimizer states, the average of weights,
the diverged replicas, the round reached, and a record of the files that belong to it. It has no
state of a random generator, since randomness is a function of the round
(pipeline/engine/randomness.py). It is written to a temporary name, renamed, and contains the
SHA-256 of its content. The last two are kept, so that a damaged one costs some rounds, not the
run. Nothing is ever unpickled.

The record states the run's fingerprint, the prefix of curves.csv and the snapshots written so far,
each with its SHA-256, and the machines and versions that made them. A checkpoint is ignored if its
curves or snapshots are lost, or if it belongs to another run.
"""

import hashlib
import json
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch

from pipeline.engine.divergence import Divergence
from pipeline.engine.training import Training
from pipeline.execution import curves
from pipeline.execution.units import Unit
from pipeline.results.files import digest, read_npz, write_npz
from pipeline.study.errors import StudyError

KEPT = 2
NOT_OURS = "not as this version writes it"


class Record(TypedDict):
    """The files that belong to a checkpoint, and the machines that made them."""

    fingerprint: str
    curves: curves.Prefix | None
    snapshots: dict[str, str]  # file: SHA-256
    made_by: list[dict]  # from_round, versions and machine


def fresh(unit: Unit) -> Record:
    """The record of a training at round 0."""
    return {"fingerprint": unit.fingerprint, "curves": None, "snapshots": {}, "made_by": []}


def _live(training):
    """The tensors that a round changes, by first replica of their chunk and by name."""
    return {
        f"{chunk.rows.start}/{name}": tensor
        for chunk in training.chunks
        for name, tensor in chunk.live().items()
    }


def save(training: Training, folder: Path, record: Record) -> None:
    """Writes a checkpoint of the current state and deletes all but the last two."""
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in _live(training).items()}
    for replica, divergence in training.diverged.items():
        *words, box = divergence
        arrays[f"diverged/{replica}"] = np.array(list(map(str, words)))
        for name, tensor in box.items():
            arrays[f"diverged/{replica}/{name}"] = tensor.cpu().numpy()
    write(folder, arrays | {"round": np.array(training.round)}, record)


def write(folder: Path, arrays: dict[str, np.ndarray], record: Record) -> None:
    """Writes the arrays of a state as a checkpoint, with its record; keeps the last two."""
    arrays = arrays | {"record": np.frombuffer(json.dumps(record).encode(), np.uint8)}
    arrays["sha256"] = _sha256(arrays)
    write_npz(folder / f"checkpoint-{int(arrays['round']):09d}.npz", arrays)
    for old in sorted(folder.glob("checkpoint-*.npz"))[:-KEPT]:
        old.unlink(missing_ok=True)


def restore(training: Training, unit: Unit, tell=print) -> Record:
    """Restores the newest valid checkpoint in the unit's folder, if there is one.

    tell: called with one line per fault. Returns the checkpoint's record.
    """
    for file, arrays, record in _found(unit, tell):
        try:
            _load(training, arrays)
            return record
        except (KeyError, TypeError, ValueError) as error:
            tell(f"{file}: {NOT_OURS} ({error}); this checkpoint is not used")
    return fresh(unit)


def newest(unit: Unit) -> tuple[dict[str, np.ndarray], Record] | None:
    """The arrays and the record of the newest valid checkpoint, if there is one."""
    for _, arrays, record in _found(unit, tell=lambda _: None):
        return arrays, record
    return None


def _found(unit, tell):
    """The valid checkpoints of a unit, the newest first: file, arrays, record."""
    aside = []
    for file in sorted(unit.folder.glob("checkpoint-*.npz"), reverse=True):
        try:
            arrays = read(file)
            record: Record = json.loads(arrays.pop("record").tobytes())
            if record["fingerprint"] != unit.fingerprint:
                aside.append(file.rename(file.with_name(f"other-{file.name}")))
                continue
            _belongs(file, record)
        except StudyError as error:
            tell(f"{error}; this checkpoint is not used")
        except (KeyError, TypeError, ValueError) as error:
            tell(f"{file}: {NOT_OURS} ({error}); this checkpoint is not used")
        else:
            yield file, arrays, record
    if aside:
        names = ", ".join(file.name for file in aside)
        tell(f"{unit.folder}: checkpoints of another run are set aside as {names}; trained anew")


def read(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint. Raises StudyError if they are not what was written."""
    arrays = read_npz(file)
    stored = arrays.pop("sha256", None)
    if stored is None or stored.tobytes() != _sha256(arrays).tobytes():
        raise StudyError(f"{file}: its content is not what was written")
    return arrays


def _belongs(file, record):
    """Whether curves and snapshots still are as they were when the checkpoint was written."""
    prefix = record["curves"]
    if prefix is None or not curves.holds(file.with_name("curves.csv"), prefix):
        raise StudyError(f"{file}: curves.csv has lost rows that belong to it")
    for name, sha in record["snapshots"].items():
        try:
            found = digest(file.with_name(name))
        except OSError:
            found = None
        if found != sha:
            raise StudyError(f"{file}: {name}, which belongs to it, is lost or changed")


def _load(training, arrays):
    live = _live(training)
    diverged = {name: a for name, a in arrays.items() if name.startswith("diverged/")}
    if set(live) != set(arrays) - set(diverged) - {"round"}:
        raise ValueError("other networks, or other chunks")
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(torch.from_numpy(arrays[name]))
    training.restored(int(arrays["round"]), _diverged(diverged))


def _diverged(arrays):
    """The diverged replicas, by their position, from the arrays of a checkpoint."""
    found = {}
    for name, words in arrays.items():
        _, replica, *boxed = name.split("/")
        if not boxed:
            at, player, step, quantity, term = words.tolist()
            prefix = f"{name}/"
            box = {
                n.removeprefix(prefix): torch.from_numpy(a)
                for n, a in arrays.items()
                if n.startswith(prefix)
            }
            found[int(replica)] = Divergence(int(at), player, int(step), quantity, term, box)
    return found


def _sha256(arrays):
    """The SHA-256 of the arrays with their names, types and shapes, (32,) bytes."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return np.frombuffer(sha.digest(), np.uint8)
