"""The inputs of a chunk's steps: batches from pools of examples, and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.engine.randomness import BLOCK, Integers

if TYPE_CHECKING:
    from pipeline.engine.ensemble import Batch, Noise, Player
    from pipeline.engine.training import Training


class Inputs:
    """The batches and the noise of a chunk's steps, drawn one block of rounds at a time."""

    def __init__(self, training: Training, rows: slice):
        """rows: the replicas of the chunk."""
        self.training, self.rows = training, rows
        self.drawn: dict[int, dict[tuple[str, int], tuple[dict[str, Tensor], Noise]]] = {}

    def __call__(self, player: Player, step: int, played: int) -> tuple[Batch, Noise]:
        """The batch and the noise of one step, (r, B, ...). played: rounds before this one."""
        block, within = divmod(played, BLOCK)
        drawn = self.drawn.setdefault(block, {})
        if (player.name, step) not in drawn:
            drawn[player.name, step] = self._draw(player, f"{player.name}/{step}", block)
        indices, noise = drawn[player.name, step]
        batch = {}
        for name, pool in player.draws.items():
            for array, values in self.training.pools[pool].items():
                found = values.index_select(0, indices[name][within])
                key = array if name == "x" else f"{name}_{array}"
                batch[key] = found.view(-1, self.training.batch, *values.shape[1:])
        if player.progress:
            batch["progress"] = self._progress(played)
        return batch, {name: values[:, within] for name, values in noise.items()}

    def _progress(self, played: int) -> Tensor:
        replicas = self.rows.stop - self.rows.start
        over = self.training.stretch(played).progress(played)
        return torch.full((replicas,), over, device=self.training.ensemble.device)

    def _draw(self, player: Player, where: str, block: int) -> tuple[dict[str, Tensor], Noise]:
        """A block's randomness: indices of examples, (BLOCK, r B), noise, (r, BLOCK, B, ...)."""
        training, count = self.training, (BLOCK, self.training.batch)
        # Each name has a stream of its own; that of "x" has no prefix.
        streams = {name: "index" if name == "x" else f"{name}/index" for name in player.draws}
        distributions = {
            streams[name]: Integers(len(next(iter(training.pools[pool].values()))))
            for name, pool in player.draws.items()
        }
        noise = training.ensemble.noise
        found = noise(distributions, count, f"batch/{where}", block, self.rows)
        indices = {n: found[stream].transpose(0, 1).flatten(1) for n, stream in streams.items()}
        return indices, noise(player.noise, count, f"noise/{where}", block, self.rows)
