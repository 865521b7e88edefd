"""Divergence: a replica that is no longer finite is frozen, and the others train on.

A replica diverges in the first round in which a loss term, a gradient, a weight or the optimizer
state is not finite. It is then frozen in its state at the end of the round before.

Checking all of these in every step would cost a tenth of a round. But a value that is not finite
stays so, in the weight that it has moved and in Adam's second moment. So one sum per replica at
the end of a block shows whether anything went wrong (`suspects`). Only then is the block played
again from a saved state, step by step, to find the place (`replay`). The outcome depends on the
replica alone: not on its neighbours, the chunk, or where a training was interrupted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from pipeline.engine.ensemble import Player, Report

KEPT = 256  # rounds between two saved states: saving one costs about a third of a round


class Divergence(NamedTuple):
    """Where a replica ceased to be finite, and its state before that step (a black box)."""

    round: int  # counted from 1
    player: str
    step: int  # of the player in this round, counted from 0
    quantity: str  # "term", "gradient", "weights" or "memory"
    term: str  # the loss term's name; "" unless quantity is "term"
    box: dict[str, Tensor]  # state/..., optimizer/..., batch/..., noise/... before the step


class Chunk(Protocol):
    """What this module needs of a chunk of replicas (pipeline/engine/rounds.py)."""

    optimizers: Any  # of each player, by name
    diverged: dict[int, Divergence]

    def live(self) -> dict[str, Tensor]: ...
    def round(self, played: int) -> Report: ...
    def end_round(self, played: int) -> None: ...
    def steps(self, played: int) -> Iterator[tuple[Player, int, Any, Sequence[Tensor]]]: ...
    def step_with_gradients(
        self, player: Player, given: Any, played: int, hoisted: Sequence[Tensor] = ()
    ) -> tuple[list[Tensor], dict[str, Tensor]]: ...


class Kept(NamedTuple):
    """The state of a chunk before a round, counted from 0."""

    round: int
    state: list[Tensor]


Rows = dict[int, list[Tensor]]  # the state of some replicas, by their place in the chunk


def kept(chunk: Chunk, played: int) -> Kept:
    """The state of a chunk as it is now."""
    return Kept(played, [tensor.clone() for tensor in chunk.live().values()])


def rows_of(state: Iterable[Tensor], replicas: Iterable[int]) -> Rows:
    """Copies of the state of some replicas, without Adam's step count, which all share."""
    tensors = [tensor for tensor in state if tensor.dim()]
    return {row: [tensor[row].clone() for tensor in tensors] for row in replicas}


def put_back(chunk: Chunk, rows: Rows) -> None:
    """Restores the saved state of some replicas, in place."""
    tensors = [tensor for tensor in chunk.live().values() if tensor.dim()]
    for row, values in rows.items():
        for tensor, value in zip(tensors, values, strict=True):
            tensor[row].copy_(value)


def suspects(chunk: Chunk, terms: Sequence[Tensor]) -> bool:
    """Whether a replica that was finite may no longer be so.

    terms: all loss terms since the last check, (r,) each.
    """
    total = torch.stack(list(terms)).sum(0)
    for optimizer in chunk.optimizers.values():
        for tensor in optimizer.watched():
            total = total + tensor.sum(1)
    finite = total.isfinite()
    for row in chunk.diverged:
        finite[row] = True
    return not bool(finite.all())


def replay(chunk: Chunk, start: Kept, rounds: range) -> tuple[list[Report], Rows]:
    """Plays rounds again from a saved state, and records in the chunk who diverges where.

    start: a state from before the first of the rounds, or earlier.
    Returns the reports of the rounds, and the state in which each diverged replica is frozen.
    """
    for tensor, value in zip(chunk.live().values(), start.state, strict=True):
        tensor.copy_(value)
    for played in range(start.round, rounds.start):
        chunk.round(played)
    reports: list[Report] = []
    still: Rows = {}
    for played in rounds:
        opening, report = kept(chunk, played).state, {}
        for player, n, given, hoisted in chunk.steps(played):
            before = dict(zip(chunk.live(), kept(chunk, played).state, strict=True))
            gradients, terms = chunk.step_with_gradients(player, given, played, hoisted)
            report[player.name] = terms
            optimizer = chunk.optimizers[player.name]
            looked_at = [
                *(("term", name, [term[:, None]]) for name, term in terms.items()),
                ("gradient", "", gradients),
                ("weights", "", optimizer.weights),
                ("memory", "", list(optimizer.state().values())),
            ]
            for row, quantity, term in _faults(looked_at):
                if row not in chunk.diverged:
                    box = {name: t[row].clone() if t.dim() else t for name, t in before.items()}
                    for kind, values in zip(("batch", "noise"), given, strict=False):
                        box |= {f"{kind}/{name}": t[row].clone() for name, t in values.items()}
                    place = played + 1, player.name, n, quantity, term
                    chunk.diverged[row] = Divergence(*place, box)
                    still |= rows_of(opening, [row])
        chunk.end_round(played)
        reports.append(report)
    return reports, still


def _faults(looked_at: list[tuple[str, str, list[Tensor]]]) -> Iterator[tuple[int, str, str]]:
    """Each replica with a value that is not finite: replica, first such quantity, term's name."""
    seen = set[int]()
    for quantity, term, tensors in looked_at:
        for tensor in tensors:
            if not tensor.dim():
                continue
            for row in (~tensor.isfinite().all(1)).nonzero().flatten().tolist():
                if row not in seen:
                    seen.add(row)
                    yield row, quantity, term


def without_diverged(
    reports: list[Report], rounds: range, diverged: Mapping[int, Divergence]
) -> list[Report]:
    """The reports, with NaN for each replica from the round in which it diverged."""
    if not diverged:
        return reports
    found: list[Report] = []
    for played, report in zip(rounds, reports, strict=True):
        rows = [row for row, d in diverged.items() if d.round <= played + 1]
        copies = {p: {n: t.clone() for n, t in terms.items()} for p, terms in report.items()}
        for terms in copies.values():
            for term in terms.values():
                term[rows] = torch.nan
        found.append(copies)
    return found
