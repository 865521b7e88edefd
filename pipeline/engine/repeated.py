"""A function of every replica that is called many times, with few of its arguments new.

    f(model, net, given, drawn)     given: changes now and then;  drawn: at each call

What depends on the weights alone is computed once (the posteriors of a VampPrior's pseudo-inputs),
what depends on `given` too, once for each of its values (what an encoder says of some images), and
only the rest at each call. The function is traced and cut by what its operations depend on, as a
round of training is (pipeline/engine/graph/hoist.py); each piece is simplified, and compiled if
asked. Of narrow networks nothing is kept: there all is computed at each call.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule
from torch.utils._pytree import tree_leaves, tree_map, tree_unflatten

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.graph.hoist import split
from pipeline.engine.graph.trace import trace, unfold
from pipeline.engine.settings import with_settings


class Repeated:
    """f of every replica of an ensemble, without gradients."""

    def __init__(
        self, ensemble: Ensemble, f: Callable[..., Any], given: Any, drawn: Any, compiled: bool
    ):
        """f: of a replica's model, its networks, `given` and `drawn`; it returns tensors.

        given: examples of what changes now and then, the same for all replicas. drawn: examples of
        what is new at each call, (R, ...) each. compiled: whether the pieces are compiled.
        """
        self.ensemble = ensemble

        def one(state: Any, numbers: Any, given: Any, drawn: Any) -> Any:
            model = with_settings(ensemble.model, numbers)
            return f(model, Nets(ensemble.modules, state), given, drawn)

        arguments = ensemble.state, ensemble.settings, self._for_each(given), self._there(drawn)
        self.weights, self.given, self.drawn = (
            tree_leaves(part) for part in (arguments[:2], arguments[2], arguments[3])
        )
        fixed, changing, new = (len(part) for part in (self.weights, self.given, self.drawn))
        with torch.no_grad():
            graph, self.made = unfold(torch.vmap(one), *arguments)
            fresh = [True] * fixed + [False] * (changing + new)
            first, graph = _cut(graph, fresh, self._all(), compiled)
            self.once = first(*self._all())
            fresh = [True] * (fixed + changing) + [False] * new + [True] * len(self.once)
            taken = *self._all(), *self.once
            self.early, graph = _cut(graph, fresh, taken, compiled)
            self.kept = self.early(*taken)
            self.late = trace(graph, *taken, *self.kept, compiled=compiled).run

    def use(self, given: Any) -> None:
        """From now on with these, shaped as the examples."""
        self.given = tree_leaves(self._for_each(given))
        with torch.no_grad():
            self.kept = self.early(*self._all(), *self.once)

    def __call__(self, drawn: Any) -> Any:
        """f of every replica, (R, ...), on the ensemble's device."""
        self.drawn = tree_leaves(self._there(drawn))
        with torch.no_grad():
            return tree_unflatten(self.late(*self._all(), *self.once, *self.kept), self.made)

    def _all(self) -> list[Tensor]:
        return [*self.weights, *self.given, *self.drawn]

    def _there(self, tensors: Any) -> Any:
        return tree_map(lambda t: t.to(self.ensemble.device), tensors)

    def _for_each(self, tensors: Any) -> Any:
        replicas = len(self.ensemble.seeds)
        return tree_map(
            lambda t: t.to(self.ensemble.device).expand(replicas, *t.shape).contiguous(), tensors
        )


def _cut(
    graph: GraphModule, fresh: list[bool], taken: Any, compiled: bool
) -> tuple[Callable[..., list[Tensor]], GraphModule]:
    """The part of a graph that depends on fresh arguments only, and the rest, which takes both.

    fresh: for each argument, whether it is. taken: examples of the arguments.
    """
    pair = split(graph, fresh)
    if pair is None:
        return lambda *_: [], graph
    first = trace(pair[0], *taken, compiled=compiled).run

    def contiguous(*taken: Tensor) -> list[Tensor]:
        return [t.contiguous() for t in first(*taken)]

    return contiguous, unfold(pair[1], *taken, *contiguous(*taken))[0]
