"""An ensemble in training: its rounds, and the report of each.

The replicas are taken a chunk at a time (pipeline/engine/chunks.py). A chunk plays all rounds of a
block before the next chunk does, while its weights, its optimizer's memory and the noise of the
block are in the cache. So the cost per replica among 32 is that among 10, to 5 %.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from pipeline.engine.chunks import chunks
from pipeline.engine.ensemble import Batch, Ensemble
from pipeline.engine.graph.hoist import Plan
from pipeline.engine.optimizers import Optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.rounds import Chunk, Report


class Training:
    """An ensemble, its optimizers, its data, and the number of rounds that it has played."""

    def __init__(
        self,
        ensemble: Ensemble,
        data: Batch,
        batch: int,
        optimizer: Callable[[list[Tensor]], Optimizer],
        chunk: int = 0,
        compiled: bool = False,
        rate: Callable[[int], float] = lambda played: 1.0,
    ):
        """data: training examples, (N, ...), on the ensemble's device.

        batch: examples B per step and replica, drawn with replacement.
        optimizer: makes an optimizer of a list of weights.
        chunk: the largest number of replicas in a call; 0: what suits the device.
        compiled: whether the steps are compiled as well as traced.
        rate: the learning-rate scale of each round, counted from 0.
        """
        self.ensemble, self.data, self.batch = ensemble, data, batch
        self.players = ensemble.model.players()
        self.compiled, self.rate = compiled, rate
        self.round = 0
        self.plans: dict[int, Plan] = {}  # by the size of a chunk
        rows = chunks(ensemble, batch * data["x"][0].numel(), chunk, compiled)
        self.chunks = [Chunk(self, each, optimizer) for each in rows]

    def play(self, rounds: int) -> Iterator[Report]:
        """Plays until `rounds` are done, and yields the report of each.

        The reports of up to BLOCK rounds come when every chunk has played them: `round` and the
        weights are then those of the last. To look at each round, ask for one at a time.
        """
        while self.round < rounds:
            stop = min(rounds, self.round - self.round % BLOCK + BLOCK)
            reports = [chunk.play(range(self.round, stop)) for chunk in self.chunks]
            self.round = stop
            yield from reports[0] if len(reports) == 1 else map(_joined, zip(*reports, strict=True))


def _joined(reports: Sequence[Report]) -> Report:
    """The report of all replicas, from those of each chunk."""
    return {
        player: {term: torch.cat([r[player][term] for r in reports]) for term in terms}
        for player, terms in reports[0].items()
    }
