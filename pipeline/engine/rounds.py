"""The rounds of one chunk: some replicas of a training, whose steps are taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map, tree_unflatten

from pipeline.engine import divergence
from pipeline.engine.divergence import Divergence, Kept
from pipeline.engine.ensemble import Batch, Noise, Player, Report
from pipeline.engine.graph.hoist import Plan, arguments, plan
from pipeline.engine.inputs import Inputs
from pipeline.engine.optimizers import Optimizer
from pipeline.engine.randomness import BLOCK

if TYPE_CHECKING:
    from pipeline.engine.training import Training

Given = tuple[Any, ...]  # batch, noise and settings of one step, (r, ...) each


class PlayerStep(NamedTuple):
    """A player's step as a chunk runs it, and where its results belong."""

    run: Callable[..., list[Tensor]]  # of state, inputs and hoisted values as a row of tensors
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
        makers: Mapping[str, Callable[..., Optimizer]],
    ):
        """rows: which replicas. makers: by player, makes its optimizer of weights and rows."""
        self.training, self.rows = training, rows
        ensemble = training.ensemble  # views: what is written to them is written to the ensemble
        self.weights = {n: ensemble.pieces(n, rows) for n in ensemble.weights}
        self.buffers = tree_map(lambda t: t[rows], ensemble.buffers)
        self.settings = {name: numbers[rows] for name, numbers in ensemble.settings.items()}
        self.optimizers = {
            player.name: makers[player.name](
                [w for n in player.moves for w in self.weights[n]], rows=rows
            )
            for player in training.players
        }
        self.inputs = Inputs(training, rows)
        self.diverged: dict[int, Divergence] = {}  # by a replica's place in the chunk
        self._player_steps: dict[tuple[int, str], PlayerStep] = {}
        self._kept: Kept | None = None
        self._still: divergence.Rows = {}
        # Since the last look for replicas that are not finite:
        self._start, self._terms, self._reports = 0, list[Tensor](), list[Report]()

    def live(self) -> dict[str, Tensor]:
        """The tensors that a round changes, (r, ...), by name: views; Adam's step count too."""
        ensemble = self.training.ensemble
        found = {
            f"state/{network}/{name}": tensor[self.rows]
            for network, tensors in ensemble.state.items()
            for name, tensor in tensors.items()
        }
        for player, optimizer in self.optimizers.items():
            memory = optimizer.state().items()
            found |= {f"optimizer/{player}/{name}": tensor for name, tensor in memory}
        for network, tensor in self.training.average.items():
            found[f"average/{network}"] = tensor[self.rows]
        return found

    def play(self, rounds: range) -> None:
        """Plays rounds, which `reports` is to tell of."""
        if not self._reports:
            self._start = rounds.start
            if self._kept is None or rounds.start - self._kept.round >= divergence.KEPT:
                self._kept = divergence.kept(self, rounds.start)
            if self.diverged:
                self._still = divergence.rows_of(self.live().values(), self.diverged)
        for played in rounds:
            self._reports.append(self.round(played))

    def reports(self) -> list[Report]:
        """The report of each round since the last call, of these replicas alone.

        A replica that has diverged since then stands where it stood before.
        """
        rounds = range(self._start, self._start + len(self._reports))
        reports, still = self._reports, self._still
        if self._kept and reports and divergence.suspects(self, self._terms):
            reports, found = divergence.replay(self, self._kept, rounds)
            still, self._kept = still | found, None
        if still:
            divergence.put_back(self, still)
        self._terms, self._reports, self._still = [], [], {}
        return divergence.without_diverged(reports, rounds, self.diverged)

    def round(self, played: int) -> Report:
        """Plays one round after so many. Returns its report."""
        report: Report = {}
        for player, _, given, hoisted in self.steps(played):
            # Gradients that outlive their step leave the next one no memory that is in the cache.
            terms = self.step_with_gradients(player, given, played, hoisted)[1]
            report[player.name] = terms
            self._terms += terms.values()
        self.end_round(played)
        return report

    def end_round(self, played: int) -> None:
        """Averages the weights; forgets the randomness of a block that is over."""
        if self.training.average:
            for network, average in self.training.average.items():
                now = self.training.ensemble.weights[network][self.rows]
                average[self.rows].lerp_(now, 1 - self.training.decay)
        if (played + 1) % BLOCK == 0:
            self.inputs.drawn.clear()

    def steps(self, played: int) -> Iterator[tuple[Player, int, Given, Sequence[Tensor]]]:
        """The steps of a round in their order: player, its n-th step, inputs, hoisted values.

        played: the number of rounds before this one.
        """
        given = self._given(played)
        hoist = self._plan(played).hoisted
        found = hoist(self.weights, self.buffers, given) if hoist else {}
        hoisted = {step: [t.contiguous() for t in tensors] for step, tensors in found.items()}
        for player in self.training.stretch(played).players:
            for n in range(player.steps):
                yield player, n, given[player.name, n], hoisted.get((player.name, n), ())

    def _given(self, played: int) -> dict[tuple[str, int], Given]:
        return {
            (player.name, n): (*self.inputs(player, n, played), self.settings)
            for player in self.training.stretch(played).players
            for n in range(player.steps)
        }

    def _plan(self, played: int) -> Plan:
        """A round of the phase, traced: once for all chunks of the same size."""
        training, stretch = self.training, self.training.stretch(played)
        key = self.rows.stop - self.rows.start, stretch.start
        if key not in training.plans:
            gradients = {
                p.name: training.ensemble.gradients(p, training.batch) for p in stretch.players
            }
            given, state = self._given(played), (self.weights, self.buffers)
            training.plans[key] = plan(
                stretch.players, gradients, *state, given, training.compiled
            )
        return training.plans[key]

    def step(self, player: Player, batch: Batch, noise: Noise, played: int) -> dict[str, Tensor]:
        """Moves what the player moves. Returns the mean of each of its terms, (r,).

        played: the number of rounds before this one.
        """
        return self.step_with_gradients(player, (batch, noise, self.settings), played)[1]

    def step_with_gradients(
        self, player: Player, given: Given, played: int, hoisted: Sequence[Tensor] = ()
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Moves what the player moves. Returns the gradients that it follows, and its terms.

        given: its batch, noise and settings. hoisted: what was computed before the round.
        """
        start = self.training.stretch(played).start
        step = self._player_steps.get((start, player.name)) or self._player_step(player, played)
        found = step.run(*step.state, *(t for d in given for t in d.values()), *hoisted)
        gradients = [found[i].contiguous() for i in step.gradients]
        self.optimizers[player.name].step(gradients, played)
        if player.project:
            for network in player.moves:
                for piece in self.weights[network]:
                    # A clamp would make infinity finite again, and hide it.
                    piece.copy_(player.project(piece).where(piece.isfinite(), torch.nan))
        for buffer, i in step.buffers:
            buffer.copy_(found[i])
        return gradients, {name: found[i] for name, i in step.terms.items()}

    def _player_step(self, player: Player, played: int) -> PlayerStep:
        stretch = self.training.stretch(played)
        run, made = self._plan(played).steps[player.name][1:]
        places = tree_unflatten(range(made.num_leaves), made)
        buffers = [
            (buffer, places[2][network][name])
            for network in self.buffers
            if network in stretch.moved
            for name, buffer in self.buffers[network].items()
        ]
        state = tree_leaves(arguments(player, self.weights, self.buffers))
        step = PlayerStep(run, state, tree_leaves(places[0]), places[1], buffers)
        return self._player_steps.setdefault((stretch.start, player.name), step)
