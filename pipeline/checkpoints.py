"""Checkpoints: a training stopped at any moment goes on as if it had not been.

A checkpoint is one .npz of arrays: parameters, buffers, the optimisers' moments, the round
reached, and how many bytes of curves.csv belong to it. There is no state of a random
generator in it, since randomness is a function of the round (pipeline/streams.py). It is
written to a temporary name, renamed, and carries the SHA-256 of its content; the last two
are kept, so that a damaged one costs rounds and not the run. Nothing is ever unpickled.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from pipeline.ensemble import Training
from pipeline.errors import StudyError
from pipeline.files import read_npz, write_npz

KEPT = 2


def weights(training: Training) -> dict[str, np.ndarray]:
    """ "network/parameter": array of every replica, (R, ...), buffers included."""
    return {
        f"{network}/{name}": tensor.detach().cpu().numpy()
        for network, tensors in training.ensemble.state.items()
        for name, tensor in tensors.items()
    }


def save(training: Training, folder: Path, curves_bytes: int) -> None:
    """Writes a checkpoint of this moment and drops all but the last two."""
    arrays = {f"state/{name}": array for name, array in weights(training).items()}
    for (player, chunk), optimiser in training.optimisers.items():
        for index, moments in optimiser.state_dict()["state"].items():
            for name, value in moments.items():
                if value is not None:
                    arrays[f"optimiser/{player}/{chunk}/{index}/{name}"] = value.cpu().numpy()
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
    groups: dict[tuple[str, int], dict] = {place: {} for place in training.optimisers}
    for name, array in arrays.items():
        kind, *path = name.split("/", 4)
        if kind == "optimiser":
            player, chunk, index, moment = path
            group = groups[player, int(chunk)]
            group.setdefault(int(index), {})[moment] = torch.from_numpy(array)
    expected = {f"state/{name}" for name in weights(training)}
    if expected != {name for name in arrays if name.startswith("state/")}:
        raise StudyError("a checkpoint of other networks")
    with torch.no_grad():
        for network, tensors in training.ensemble.state.items():
            for name, tensor in tensors.items():
                tensor.copy_(torch.from_numpy(arrays[f"state/{network}/{name}"]))
    for place, optimiser in training.optimisers.items():
        settings = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": groups[place], "param_groups": settings})
    training.round, curves_bytes = (int(number) for number in arrays["progress"])
    return curves_bytes


def _sha256(arrays):
    """The SHA-256 of the arrays with their names, types and shapes, (32,) bytes."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return np.frombuffer(sha.digest(), np.uint8)
