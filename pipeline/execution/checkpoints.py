"""Checkpoints: a training stopped at any moment goes on as if it had not been.

A checkpoint is one .npz of arrays: parameters, buffers, the optimizers' memory, the average of
weights, what is known of replicas that stand still, the round reached, and how many bytes of
curves.csv belong to it. There is no state of a random generator in it, since randomness is a
function of the round (pipeline/engine/randomness.py). It is
written to a temporary name, renamed, and carries the SHA-256 of its content; the last two
are kept, so that a damaged one costs rounds and not the run. Nothing is ever unpickled.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from pipeline.engine.divergence import Divergence
from pipeline.engine.training import Training
from pipeline.results.files import read_npz, write_npz
from pipeline.study.errors import StudyError

KEPT = 2


def weights(training: Training) -> dict[str, np.ndarray]:
    """ "network/parameter": array of every replica, (R, ...), buffers included."""
    return {
        f"{network}/{name}": tensor.detach().cpu().numpy()
        for network, tensors in training.ensemble.state.items()
        for name, tensor in tensors.items()
    }


def _live(training):
    """The tensors that a round changes, by the first replica of their chunk and name."""
    return {
        f"{chunk.rows.start}/{name}": tensor
        for chunk in training.chunks
        for name, tensor in chunk.live().items()
    }


def save(training: Training, folder: Path, curves_bytes: int) -> None:
    """Writes a checkpoint of this moment and drops all but the last two."""
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in _live(training).items()}
    for replica, divergence in training.diverged.items():
        *words, box = divergence
        arrays[f"diverged/{replica}"] = np.array(list(map(str, words)))
        for name, tensor in box.items():
            arrays[f"diverged/{replica}/{name}"] = tensor.cpu().numpy()
    arrays["progress"] = np.array([training.round, curves_bytes])
    arrays["sha256"] = _sha256(arrays)
    write_npz(folder / f"checkpoint-{training.round:09d}.npz", arrays)
    for old in sorted(folder.glob("checkpoint-*.npz"))[:-KEPT]:
        old.unlink()


def restore(training: Training, folder: Path, tell=print) -> int:
    """Brings training to the newest sound checkpoint of the folder, if there is one.

    Returns the bytes of curves.csv that belong to it: 0 where training starts anew.
    """
    for file in sorted(folder.glob("checkpoint-*.npz"), reverse=True):
        try:
            arrays = read_npz(file)
            stored = arrays.pop("sha256", None)
            if stored is None or stored.tobytes() != _sha256(arrays).tobytes():
                raise StudyError(f"{file}: its content is not what was written")
            return _load(training, arrays)
        except (StudyError, KeyError, ValueError, IndexError) as error:
            tell(f"{error}; an earlier checkpoint is used")
    return 0


def _load(training, arrays):
    live = _live(training)
    diverged = {name: a for name, a in arrays.items() if name.startswith("diverged/")}
    if set(live) != set(arrays) - set(diverged) - {"progress"}:
        raise StudyError("a checkpoint of other networks, or of other chunks")
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(torch.from_numpy(arrays[name]))
    played, curves_bytes = (int(number) for number in arrays["progress"])
    training.restored(played, _diverged(diverged))
    return curves_bytes


def _diverged(arrays):
    """The replicas that stood still, by their place, from the arrays of a checkpoint."""
    found = {}
    for name, words in arrays.items():
        _, replica, *rest = name.split("/")
        if not rest:
            at, player, step, quantity, term = words.tolist()
            boxed = {n.removeprefix(f"{name}/"): torch.from_numpy(a) for n, a in arrays.items()}
            box = {n: t for n, t in boxed.items() if not n.startswith("diverged/")}
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
