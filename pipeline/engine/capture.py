"""Captured blocks: a GPU plays all rounds of a block in one call.

A round of small networks is hundreds of kernels of a few microseconds each, and to start one costs
as much. CUDA can record the kernels of a block once (a graph) and start them all together: the
same kernels on the same numbers. What changes from block to block is copied to where the graph
reads it: indices, noise, and the numbers of schedules (pipeline/engine/tables.py). The first whole
block of a phase is played as it is, so that all libraries are loaded; what cannot be captured is
played as it is ever after, with one warning.

Nothing else of the engine imports this file, so that no training on a CPU depends on it.
"""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from pipeline.engine.phases import Stretch
from pipeline.engine.randomness import BLOCK
from pipeline.engine.rounds import Chunk
from pipeline.engine.tables import Kept, Paced
from pipeline.engine.training import Training


class Graph(Protocol):
    """Operations that are recorded once and then played, on the same tensors."""

    def recording(self) -> AbstractContextManager[Any]: ...
    def play(self) -> None: ...


class CudaGraph:
    """A graph of CUDA. While it records, nothing is computed."""

    def __init__(self) -> None:
        self.graph = torch.cuda.CUDAGraph()

    def recording(self) -> AbstractContextManager[Any]:
        return torch.cuda.graph(self.graph, capture_error_mode="thread_local")

    def play(self) -> None:
        self.graph.replay()


class Captured(NamedTuple):
    """The rounds of a block: their graph, what they read, and where their terms stand."""

    graph: Graph
    inputs: dict[tuple[str, int], Any]
    terms: Tensor  # of every step, (n, r)
    reports: list[dict[str, dict[str, int]]]  # of each round: {player: {term: its row}}


class Blocks:
    """A chunk that plays whole blocks by their graph; all else is the chunk's own."""

    def __init__(self, chunk: Chunk, graph: Callable[[], Graph] | None = CudaGraph):
        """graph: None: rounds are played as they are, by numbers from tables even so."""
        self.chunk, self.graph = chunk, graph
        self.inputs = chunk.inputs = Kept(chunk.inputs)
        self.paced = {n: Paced(own, chunk.rows) for n, own in chunk.optimizers.items()}
        chunk.optimizers = self.paced  # type: ignore[assignment]
        self.captured: dict[int, Captured] = {}  # by the first round of the phase
        self.seen: set[int] = set()  # phases of which a whole block has been played

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chunk, name)

    def play(self, rounds: range) -> None:
        """Plays rounds; `reports` returns what happened in them."""
        captured = self._captured(rounds)
        if not captured:
            self.chunk.play(rounds)
            return
        self.chunk.play(range(rounds.start, rounds.start))  # keeps what a divergence would need
        self._fill(rounds.start // BLOCK)
        drawn = self._drawn(rounds)
        for kept, new in zip(tree_leaves(captured.inputs), tree_leaves(drawn), strict=True):
            kept.copy_(new)
        captured.graph.play()
        terms = captured.terms.clone().unbind()  # the next block writes to the same place
        self.chunk._terms += terms
        self.chunk._reports += [
            {player: {name: terms[i] for name, i in found.items()} for player, found in r.items()}
            for r in captured.reports
        ]

    def _captured(self, rounds: range) -> Captured | None:
        """The graph of a whole block within one phase; None where rounds are played one by one."""
        start, last = (self._stretch(t).start for t in (rounds[0], rounds[-1]))
        whole = len(rounds) == BLOCK and rounds.start % BLOCK == 0
        if not (self.graph and whole and start == last):
            return None
        if start not in self.seen:
            self.seen.add(start)
            return None
        if start not in self.captured:
            try:
                self.captured[start] = self._capture(self.graph(), rounds)
            except Exception as error:  # of any kind, by any operation of any model
                line = (str(error).strip().splitlines() or [type(error).__name__])[0][:100]
                warnings.warn(f"not captured, and slower for it: {line}", stacklevel=3)
                self.graph = None
                return None
        return self.captured[start]

    def _capture(self, graph: Graph, rounds: range) -> Captured:
        chunk, block = self.chunk, rounds.start // BLOCK
        self._fill(block)
        inputs, earlier = self._drawn(rounds), chunk._terms
        chunk._terms, self.inputs.drawn = [], {block: dict(inputs)}
        try:
            with graph.recording():
                reports = [chunk.round(played) for played in rounds]
                terms = torch.stack(chunk._terms)
            rows = {id(term): row for row, term in enumerate(chunk._terms)}
        finally:
            chunk._terms, self.inputs.drawn = earlier, {}
        places = [
            {
                player: {name: rows[id(t)] for name, t in found.items()}
                for player, found in r.items()
            }
            for r in reports
        ]
        return Captured(graph, inputs, terms, places)

    def _stretch(self, played: int) -> Stretch:
        return self.chunk.training.stretch(played)

    def _drawn(self, rounds: range) -> dict[tuple[str, int], Any]:
        return self.inputs.block(self._stretch(rounds.start).players, rounds.start // BLOCK)

    def _fill(self, block: int) -> None:
        for optimizer in self.paced.values():
            optimizer.fill(block)


def use(training: Training, graph: Callable[[], Graph] | None = CudaGraph) -> Training:
    """The training, with its blocks captured. To be called when its state has been restored."""
    training.chunks = [Blocks(chunk, graph) for chunk in training.chunks]  # type: ignore[misc]
    return training
