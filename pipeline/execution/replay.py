"""The step in which a replica diverged, played again from its black box.

    diverged.npz    of each diverged replica, by its place: state and optimizer before the step,
                    batch and noise of the step

The training is built as it was at its start, the state of the replica is put in its row, and the
player takes its one step. Batch and noise are drawn again, as functions of seed and round, and
must be those of the box. What is not finite then must be what run.json says.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.ensemble import Player
from pipeline.engine.rounds import Chunk
from pipeline.execution import worker
from pipeline.execution.units import Unit
from pipeline.results.schema import Diverged


class Replayed(NamedTuple):
    """What the step gave, and what was looked at before it."""

    given: bool  # whether batch and noise are drawn as they stand in the box
    largest: dict[str, float]  # |x| of each part of the box, before the step
    terms: dict[str, float]  # of the loss, by name
    lost: dict[str, int]  # numbers that are not finite, by quantity, in the order of checks

    def agrees(self, told: Diverged) -> bool:
        """Whether the first quantity that is not finite is the one on record."""
        first = next(iter(self.lost), "")
        return self.given and first == (told.term if told.quantity == "term" else told.quantity)


def replayed(unit: Unit, told: Diverged, boxes: Mapping[str, np.ndarray]) -> Replayed:
    """The step of a diverged replica, played again.

    told: its entry in run.json. boxes: the arrays of diverged.npz.
    """
    prefix = f"{told.replica}/"
    box = {
        name.removeprefix(prefix): torch.from_numpy(array).to(unit.device)
        for name, array in boxes.items()
        if name.startswith(prefix)
    }
    torch.set_num_threads(unit.threads)
    training = worker.begin(unit)
    chunk = next(c for c in training.chunks if c.rows.start <= told.replica < c.rows.stop)
    row, played = told.replica - chunk.rows.start, told.round - 1
    with torch.no_grad():
        for name, tensor in chunk.live().items():
            (tensor[row] if tensor.dim() else tensor).copy_(box[name])
    player, given, hoisted = _step(chunk, played, told)
    drawn = {
        f"{kind}/{name}": values[row]
        for kind, part in zip(("batch", "noise"), given, strict=False)
        for name, values in part.items()
    }
    same = all(torch.equal(values, box[name]) for name, values in drawn.items())
    gradients, terms = chunk.step_with_gradients(player, given, played, hoisted)
    optimizer = chunk.optimizers[player.name]
    lost = dict(
        _lost(
            row,
            {
                **{name: [term[:, None]] for name, term in terms.items()},
                "gradient": gradients,
                "weights": optimizer.weights,
                "memory": list(optimizer.state().values()),
            },
        )
    )
    largest = dict[str, float]()
    for name, tensor in box.items():
        if tensor.dim() and tensor.numel() and tensor.is_floating_point():
            kind = name.split("/")[0]
            largest[kind] = max(largest.get(kind, 0.0), float(tensor.abs().max()))
    return Replayed(same, largest, {n: float(t[row]) for n, t in terms.items()}, lost)


def _step(chunk: Chunk, played: int, told: Diverged) -> tuple[Player, tuple, list[Tensor]]:
    """The player of the step, its inputs, and what is computed ahead for it."""
    for player, n, given, hoisted in chunk.steps(played):
        if (player.name, n) == (told.player, told.step):
            return player, given, list(hoisted)
    raise LookupError(f"no step {told.step} of {told.player}")


def _lost(row: int, looked_at: Mapping[str, list[Tensor]]) -> Iterator[tuple[str, int]]:
    """How many numbers of a replica are not finite, by quantity, where any is."""
    for name, tensors in looked_at.items():
        count = sum(int((~t[row].isfinite()).sum()) for t in tensors if t.dim())
        if count:
            yield name, count
