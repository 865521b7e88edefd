"""An ensemble in training: its rounds, and the report of each.

The replicas are taken a chunk at a time (pipeline/engine/chunks.py). A chunk plays all rounds of a
block before the next chunk does, while its weights, its optimizer's memory and the noise of the
block are in the cache. So the cost per replica among 32 is that among 10, to 5 %.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from pipeline.engine.chunks import chunks
from pipeline.engine.divergence import Divergence
from pipeline.engine.ensemble import Batch, Ensemble, Report
from pipeline.engine.graph.hoist import Plan
from pipeline.engine.optimizers import Optimizer
from pipeline.engine.phases import Stretch, stretches
from pipeline.engine.randomness import BLOCK
from pipeline.engine.rounds import Chunk


class Training:
    """An ensemble, its optimizers, its data, and the number of rounds that it has played."""

    def __init__(
        self,
        ensemble: Ensemble,
        data: Batch,
        batch: int,
        optimizer: Callable[..., Optimizer],
        chunk: int = 0,
        compiled: bool = False,
        rounds: int | None = None,
        pools: Mapping[str, Batch] | None = None,
        decay: float = 0.0,
        own: Mapping[str, Callable[..., Optimizer]] | None = None,
    ):
        """data: training examples, (N, ...), on the ensemble's device: the pool "train".

        batch: examples B per step and replica, drawn with replacement.
        optimizer: makes an optimizer of a list of weights.
        chunk: the largest number of replicas in a call; 0: what suits the device.
        compiled: whether the steps are compiled as well as traced.
        rounds: how many there will be; phases, and players that ask for progress, need it.
        pools: further examples by name, that a player's `draws` may name.
        decay: beta of the average of weights, a_0 = w_0, a_t = beta a_t-1 + (1 - beta) w_t after
            round t; 0: no average is kept.
        own: makes the optimizer of a player that has not that of all, by the player's name.
        """
        self.ensemble, self.batch, self.decay = ensemble, batch, decay
        self.pools = {"train": data, **(pools or {})}
        self.players = ensemble.model.players()
        self.stretches = stretches(ensemble.model, rounds)
        self.compiled, self.round = compiled, 0
        self.average = {n: w.clone() for n, w in ensemble.weights.items()} if decay else {}
        self.plans: dict[tuple[int, int], Plan] = {}  # by the size of a chunk and the phase
        rows = chunks(ensemble, batch * data["x"][0].numel(), chunk, compiled)
        makers = {player.name: (own or {}).get(player.name, optimizer) for player in self.players}
        self.chunks = [Chunk(self, each, makers) for each in rows]
        self._reported = 0

    def stretch(self, played: int) -> Stretch:
        """The phase of the round that follows so many rounds."""
        return next((s for s in self.stretches if played < s.stop), self.stretches[-1])

    def play(self, rounds: int) -> Iterator[Report]:
        """Plays until `rounds` are done, and yields the report of each.

        The reports of up to BLOCK rounds come when every chunk has played them: `round` and the
        weights are then those of the last. To look at each round, ask for one at a time.
        """
        while self.round < rounds:
            self.advance(min(rounds, self.round - self.round % BLOCK + BLOCK))
            for _, report in self.reports():
                yield report

    def advance(self, rounds: int) -> None:
        """Plays until `rounds` of the current block are done, which `reports` is to tell of.

        Whether all is finite is found out by `reports`: nothing must be kept before.
        """
        for chunk in self.chunks:
            chunk.play(range(self.round, rounds))
        self.round = rounds

    def reports(self) -> list[tuple[int, Report]]:
        """Each round since the last call, counted from 1, with its report.

        From the round in which a replica diverged its terms are NaN, and it stands still.
        """
        reports = [chunk.reports() for chunk in self.chunks]
        first, self._reported = self._reported + 1, self.round
        joined = reports[0] if len(reports) == 1 else map(_joined, zip(*reports, strict=True))
        return list(enumerate(joined, first))

    @property
    def diverged(self) -> dict[int, Divergence]:
        """The replicas that stand still, by their place in the ensemble, and why."""
        return {
            c.rows.start + row: d for c in self.chunks for row, d in sorted(c.diverged.items())
        }

    def use_average(self) -> None:
        """Puts the average of the weights in their place; buffers stay those of the last round.

        For after the last round. Statistics that sampling needs are then to be settled anew.
        """
        for network, average in self.average.items():
            self.ensemble.weights[network].copy_(average)

    def restored(self, played: int, diverged: Mapping[int, Divergence]) -> None:
        """Goes on after so many rounds, where the state of that moment has been put back."""
        self.round = self._reported = played
        for chunk in self.chunks:
            rows = range(*chunk.rows.indices(len(self.ensemble.seeds)))
            chunk.diverged = {r - rows.start: diverged[r] for r in rows if r in diverged}


def _joined(reports: Sequence[Report]) -> Report:
    """The report of all replicas, from those of each chunk."""
    return {
        player: {term: torch.cat([r[player][term] for r in reports]) for term in terms}
        for player, terms in reports[0].items()
    }
