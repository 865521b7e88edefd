"""An ensemble in play: the rounds, the batches and the noise of each, and its optimizers.

The replicas are taken some at a time, a part: as many as suit the device
(pipeline/engine/chunks.py). A part plays all rounds of a block before the next part does, while
its weights, its moments and the block's noise are in the cache; so a replica costs among 32 what
it costs among 10, to 5 %.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map, tree_unflatten

from pipeline.engine.chunks import parts
from pipeline.engine.ensemble import Batch, Ensemble, Noise, Player
from pipeline.engine.graph.hoist import Plan, arguments, plan
from pipeline.engine.optimizers import Optimizer
from pipeline.engine.randomness import BLOCK, Integers

Report = dict[str, dict[str, Tensor]]  # {player: {term: mean, (R,)}} of one round


class Training:
    """An ensemble, its optimizers, its data, and the round that it has reached."""

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
        chunk: replicas a call at most; 0: as many as suits the device.
        compiled: whether the steps are compiled as well as traced.
        rate: the share of the learning rate at each round, counted from 0.
        """
        self.ensemble, self.data, self.batch = ensemble, data, batch
        self.players = ensemble.model.players()
        self.compiled, self.rate = compiled, rate
        self.round = 0
        self.plans: dict[int, Plan] = {}  # of parts of so many replicas
        rows = parts(ensemble, batch * data["x"][0].numel(), chunk, compiled)
        self.parts = [Part(self, each, optimizer) for each in rows]

    def play(self, rounds: int) -> Iterator[Report]:
        """Plays until `rounds` are done, and tells of each.

        The reports of up to BLOCK rounds come when all parts have played them: `round` and the
        weights are then those of the last. To look at each round, ask for one at a time.
        """
        while self.round < rounds:
            stop = min(rounds, self.round - self.round % BLOCK + BLOCK)
            told = [part.play(range(self.round, stop)) for part in self.parts]
            self.round = stop
            yield from told[0] if len(told) == 1 else map(_joined, zip(*told, strict=True))


def _joined(reports):
    """The report of all replicas, from those of each part."""
    return {
        player: {term: torch.cat([r[player][term] for r in reports]) for term in terms}
        for player, terms in reports[0].items()
    }


class Way(NamedTuple):
    """How a part finds a player's way down, and where what is found belongs."""

    run: Callable  # of weights and buffers, batch and noise: tensors in a row
    state: list[Tensor]  # weights and buffers
    gradients: list[int]  # the places among what is returned: of the gradients in what it moves,
    terms: dict[str, int]  # of its terms,
    buffers: list[tuple[Tensor, int]]  # and of what buffers are to hold


class Part:
    """Some replicas of a training, whose steps are taken together."""

    def __init__(self, training: Training, rows: slice, optimizer):
        """rows: which replicas. optimizer: makes an optimizer of a list of weights."""
        self.training, self.rows = training, rows
        ensemble = training.ensemble  # views: what is written to them is written to the ensemble
        self.weights = {n: ensemble.pieces(n, rows) for n in ensemble.weights}
        self.buffers = tree_map(lambda t: t[rows], ensemble.buffers)
        self.optimizers = {
            player.name: optimizer([w for n in player.moves for w in self.weights[n]])
            for player in training.players
        }
        self._drawn: dict[int, dict] = {}
        self._ways: dict[str, Way] = {}

    def play(self, rounds: range) -> list[Report]:
        """Plays rounds of one block, and tells of each, its own replicas alone."""
        players, told = self.training.players, []
        for played in rounds:
            report: Report = {}
            given = {
                (p.name, n): self.inputs(p, n, played) for p in players for n in range(p.steps)
            }
            ahead = self._ahead(given)
            for player in players:
                for n in range(player.steps):
                    batch, noise = given[player.name, n]
                    known = ahead.get((player.name, n), ())
                    report[player.name] = self.step(player, batch, noise, played, known)
            told.append(report)
        if rounds.stop % BLOCK == 0:
            self._drawn.clear()
        return told

    def inputs(self, player: Player, step: int, played: int) -> tuple[Batch, Noise]:
        """The batch and the noise of one step after so many rounds, (r, B, ...)."""
        block, within = divmod(played, BLOCK)
        drawn = self._drawn.setdefault(block, {})
        if (player.name, step) not in drawn:
            drawn[player.name, step] = self._draw(player, f"{player.name}/{step}", block)
        index, noise = drawn[player.name, step]
        training = self.training
        batch = {
            name: values.index_select(0, index[within]).view(-1, training.batch, *values.shape[1:])
            for name, values in training.data.items()
        }
        return batch, {name: values[:, within] for name, values in noise.items()}

    def _draw(self, player, where, block):
        """A block's randomness: which examples, (BLOCK, r B), and noise, (r, BLOCK, B, ...)."""
        training = self.training
        distributions = {"index": Integers(len(training.data["x"]))}
        count = (BLOCK, training.batch)
        noise = training.ensemble.noise
        index = noise(distributions, count, f"batch/{where}", block, self.rows)["index"]
        drawn = noise(player.noise, count, f"noise/{where}", block, self.rows)
        return index.transpose(0, 1).flatten(1), drawn

    def _ahead(self, given):
        """What the steps of a round have ahead of it: {(player, step): tensors}."""
        ahead = self.plan.ahead
        found = ahead(self.weights, self.buffers, given) if ahead else {}
        return {step: [t.contiguous() for t in tensors] for step, tensors in found.items()}

    @cached_property
    def plan(self) -> Plan:
        """Its round, traced: once for all parts of as many replicas."""
        training, size = self.training, self.rows.stop - self.rows.start
        if size not in training.plans:
            given = {
                (player.name, n): self.inputs(player, n, training.round)
                for player in training.players
                for n in range(player.steps)
            }
            gradients = {
                p.name: training.ensemble.gradients(p, training.batch) for p in training.players
            }
            training.plans[size] = plan(
                training.players, gradients, self.weights, self.buffers, given, training.compiled
            )
        return training.plans[size]

    def step(
        self, player: Player, batch: Batch, noise: Noise, played: int, known: Sequence[Tensor] = ()
    ) -> dict[str, Tensor]:
        """Moves what the player moves. Returns the mean of each of its terms, (r,).

        known: what the step had ahead of the round.
        """
        way = self._ways.get(player.name) or self._way(player)
        found = way.run(*way.state, *batch.values(), *noise.values(), *known)
        downhill = [found[i].contiguous() for i in way.gradients]
        self.optimizers[player.name].step(downhill, self.training.rate(played))
        if player.project:
            for network in player.moves:
                for piece in self.weights[network]:
                    piece.copy_(player.project(piece))
        for buffer, i in way.buffers:
            buffer.copy_(found[i])
        return {name: found[i] for name, i in way.terms.items()}

    def _way(self, player):
        """The player's way down, kept."""
        run, made = self.plan.steps[player.name][1:]
        places = tree_unflatten(range(made.num_leaves), made)
        kept = list(zip(tree_leaves(self.buffers), tree_leaves(places[2]), strict=True))
        state = tree_leaves(arguments(player, self.weights, self.buffers))
        way = Way(run, state, tree_leaves(places[0]), places[1], kept)
        return self._ways.setdefault(player.name, way)
