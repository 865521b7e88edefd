"""A replica that is not finite stands still, and its neighbours play on.

A replica diverges in the first round in which a term of a loss, a gradient, a weight or the memory
of an optimizer is not finite. It then stands still in its state at the end of the round before.

Looking at each of these in every step would cost a tenth of a round. But what is not finite stays
so: a weight that has moved by it, and Adam's mean square. So at the end of a block one sum per
replica tells whether anything went wrong (`suspects`), and only then is the block played again
from a state that was kept, step by step, to find where (`replay`). The outcome is a function of
the replica alone: not of its neighbours, of the chunk, or of where a training was interrupted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from pipeline.engine.ensemble import Player, Report

KEPT = 256  # rounds between two copies of the state: a copy takes about a third of a round


class Divergence(NamedTuple):
    """Where a replica ceased to be finite."""

    round: int  # counted from 1
    player: str
    step: int  # of the player in this round, counted from 0
    quantity: str  # "term", "gradient", "weights" or "memory"
    term: str  # its name, "" where no term is to blame
    box: dict[str, Tensor]  # state/..., optimizer/..., batch/..., noise/... before the step


class Chunk(Protocol):
    """What is asked here of replicas that play together (pipeline/engine/rounds.py)."""

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
    """Copies of the state of some replicas. Adam's count of steps is not a replica's own."""
    tensors = [tensor for tensor in state if tensor.dim()]
    return {row: [tensor[row].clone() for tensor in tensors] for row in replicas}


def put_back(chunk: Chunk, rows: Rows) -> None:
    """Gives some replicas the state that they had."""
    tensors = [tensor for tensor in chunk.live().values() if tensor.dim()]
    for row, values in rows.items():
        for tensor, value in zip(tensors, values, strict=True):
            tensor[row].copy_(value)


def suspects(chunk: Chunk, terms: Sequence[Tensor]) -> bool:
    """Whether a replica that was finite may not be so any more.

    terms: all that were taken since the last look, (r,) each.
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
    """Plays rounds again, from a state that was kept, and notes in the chunk who diverges where.

    start: before the first of the rounds, or earlier.
    Returns the reports of the rounds, and the state in which those who diverged stand still.
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
    """Each replica with something that is not finite, what it is first, and the term's name."""
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
    """The reports, NaN for each replica from the round in which it diverged."""
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
