"""The rounds of one chunk: some replicas of a training, whose steps are taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map, tree_unflatten

from pipeline.engine.ensemble import Batch, Noise, Player
from pipeline.engine.graph.hoist import Plan, arguments, plan
from pipeline.engine.optimizers import Optimizer
from pipeline.engine.randomness import BLOCK, Integers

if TYPE_CHECKING:
    from pipeline.engine.training import Training

Report = dict[str, dict[str, Tensor]]  # {player: {term: mean, (R,)}} of one round


class PlayerStep(NamedTuple):
    """A player's step as a chunk runs it, and where its results belong."""

    run: Callable[..., list[Tensor]]  # of weights, buffers, batch and noise as a row of tensors
    state: list[Tensor]  # weights and buffers
    gradients: list[int]  # which results are the gradients in what the player moves,
    terms: dict[str, int]  # which are its terms,
    buffers: list[tuple[Tensor, int]]  # and which are the new values of a buffer


class Chunk:
    """Some replicas of a training."""

    def __init__(
        self,
        training: Training,
        rows: slice,
        optimizer: Callable[[list[Tensor]], Optimizer],
    ):
        """rows: which replicas. optimizer: makes an optimizer of a list of weights."""
        self.training, self.rows = training, rows
        ensemble = training.ensemble  # views: what is written to them is written to the ensemble
        self.weights = {n: ensemble.pieces(n, rows) for n in ensemble.weights}
        self.buffers = tree_map(lambda t: t[rows], ensemble.buffers)
        self.optimizers = {
            player.name: optimizer([w for n in player.moves for w in self.weights[n]])
            for player in training.players
        }
        self._drawn: dict[int, dict[tuple[str, int], tuple[Tensor, Noise]]] = {}
        self._player_steps: dict[str, PlayerStep] = {}

    def play(self, rounds: range) -> list[Report]:
        """Plays rounds of one block. Returns the report of each, of these replicas alone."""
        reports = [self._round(played) for played in rounds]
        if rounds.stop % BLOCK == 0:
            self._drawn.clear()
        return reports

    def _round(self, played: int) -> Report:
        report: Report = {}
        for player, batch, noise, hoisted in self.steps(played):
            report[player.name] = self.step(player, batch, noise, played, hoisted)
        return report

    def steps(self, played: int) -> Iterator[tuple[Player, Batch, Noise, Sequence[Tensor]]]:
        """The steps of a round in their order: who plays, on what, and what is hoisted.

        played: the number of rounds before this one.
        """
        players = self.training.players
        given = {(p.name, n): self.inputs(p, n, played) for p in players for n in range(p.steps)}
        hoisted = self._hoisted(given)
        for player in players:
            for n in range(player.steps):
                yield player, *given[player.name, n], hoisted.get((player.name, n), ())

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

    def _draw(self, player: Player, where: str, block: int) -> tuple[Tensor, Noise]:
        """A block's randomness: which examples, (BLOCK, r B), and noise, (r, BLOCK, B, ...)."""
        training = self.training
        distributions = {"index": Integers(len(training.data["x"]))}
        count = (BLOCK, training.batch)
        noise = training.ensemble.noise
        index = noise(distributions, count, f"batch/{where}", block, self.rows)["index"]
        drawn = noise(player.noise, count, f"noise/{where}", block, self.rows)
        return index.transpose(0, 1).flatten(1), drawn

    def _hoisted(self, given: Any) -> dict[tuple[str, int], list[Tensor]]:
        """What is computed once for all steps of a round: {(player, step): tensors}."""
        hoist = self.plan.hoisted
        found = hoist(self.weights, self.buffers, given) if hoist else {}
        return {step: [t.contiguous() for t in tensors] for step, tensors in found.items()}

    @cached_property
    def plan(self) -> Plan:
        """Its round, traced: once for all chunks of the same size."""
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
        self,
        player: Player,
        batch: Batch,
        noise: Noise,
        played: int,
        hoisted: Sequence[Tensor] = (),
    ) -> dict[str, Tensor]:
        """Moves what the player moves. Returns the mean of each of its terms, (r,).

        hoisted: what of the step was computed before the round.
        """
        step = self._player_steps.get(player.name) or self._player_step(player)
        found = step.run(*step.state, *batch.values(), *noise.values(), *hoisted)
        gradients = [found[i].contiguous() for i in step.gradients]
        self.optimizers[player.name].step(gradients, self.training.rate(played))
        if player.project:
            for network in player.moves:
                for piece in self.weights[network]:
                    piece.copy_(player.project(piece))
        for buffer, i in step.buffers:
            buffer.copy_(found[i])
        return {name: found[i] for name, i in step.terms.items()}

    def _player_step(self, player: Player) -> PlayerStep:
        run, made = self.plan.steps[player.name][1:]
        places = tree_unflatten(range(made.num_leaves), made)
        kept = list(zip(tree_leaves(self.buffers), tree_leaves(places[2]), strict=True))
        state = tree_leaves(arguments(player, self.weights, self.buffers))
        step = PlayerStep(run, state, tree_leaves(places[0]), places[1], kept)
        return self._player_steps.setdefault(player.name, step)
