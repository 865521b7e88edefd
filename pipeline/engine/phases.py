"""The phases of a training: which players play in which rounds.

A model without `phases()` has one phase, in which every player plays. With it, phase i takes the
rounds from  T (s_1 + ... + s_i-1)  to  T (s_1 + ... + s_i),  each rounded, where T is the number
of rounds and s_i the share of phase i. A network that no player of a phase moves is frozen in that
phase, buffers included.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import isclose
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pipeline.engine.ensemble import Player


class Phase(NamedTuple):
    """Some players, by name, and the share of the rounds in which they play."""

    players: tuple[str, ...]
    share: float


class Stretch(NamedTuple):
    """The rounds of a phase, start ... stop - 1, and its players in the order of the model."""

    start: int
    stop: int
    players: tuple[Player, ...]

    @property
    def moved(self) -> set[str]:
        """The networks that some player of the phase moves."""
        return {network for player in self.players for network in player.moves}

    def progress(self, played: int) -> float:
        """The fraction of the phase that is over before a round, in [0, 1]."""
        return min((played - self.start) / (self.stop - self.start), 1.0)


def stretches(model: Any, rounds: int | None) -> list[Stretch]:
    """The phases of a training of `rounds` rounds, in their order.

    Raises ValueError where the phases are faulty, or the rounds too few for them.
    """
    players = {player.name: player for player in model.players()}
    if not hasattr(model, "phases"):
        if rounds is None and any(player.progress for player in players.values()):
            raise ValueError("a player asks for its progress: the number of rounds must be known")
        return [Stretch(0, rounds or 1, tuple(players.values()))]
    phases: Sequence[Phase] = model.phases()
    if rounds is None:
        raise ValueError("a model with phases: the number of rounds must be known")
    for phase in phases:
        if unknown := set(phase.players) - set(players):
            raise ValueError(f"a phase has a player {min(unknown)!r}; there are {list(players)}")
        if not phase.players or len(set(phase.players)) < len(phase.players):
            raise ValueError(f"a phase must name each of its players once, not {phase.players}")
    if idle := set(players) - {name for phase in phases for name in phase.players}:
        raise ValueError(f"player {min(idle)!r} plays in no phase")
    if not isclose(sum(phase.share for phase in phases), 1.0, abs_tol=1e-9):
        raise ValueError(f"the shares of the phases must sum to 1: {[p.share for p in phases]}")
    ends = [0, *(round(rounds * s) for s in accumulate(phase.share for phase in phases))]
    for number, (start, stop) in enumerate(pairwise(ends), 1):
        if start >= stop:
            raise ValueError(f"{rounds} rounds leave none to phase {number} of {len(phases)}")
    return [
        Stretch(start, stop, tuple(p for name, p in players.items() if name in phase.players))
        for (start, stop), phase in zip(pairwise(ends), phases, strict=True)
    ]
