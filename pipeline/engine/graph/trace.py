"""Tracing: a function of tensors as a list of plain operations.

Batching over replicas and taking gradients walk through a function anew at each call, and with
small networks that costs as much as the arithmetic. Here it is done once: the function is traced
to a graph of operations on whole batches, the graph is made cheaper
(pipeline/engine/graph/rewrite.py), and from then on only the operations are run.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.fx import Graph, GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_unflatten

from pipeline.engine.graph import openblas
from pipeline.engine.graph.products import lower
from pipeline.engine.graph.rewrite import simplify


class Traced(NamedTuple):
    """A traced function, called with the same arguments as the function itself."""

    graph: Graph
    run: Callable[..., Any]  # of the arguments' tensors, flattened
    made: TreeSpec

    def __call__(self, *arguments: Any) -> Any:
        return tree_unflatten(self.run(*tree_leaves(arguments)), self.made)


def trace(f: Callable[..., Any], *examples: Any, compiled: bool = False) -> Traced:
    """The function f, traced: to be called with arguments of the examples' shapes and strides.

    f: a pure function of tensors and dictionaries of tensors, without branches on their values.
    compiled: whether Torch's compiler also fuses the operations between the matrix products.
    """
    return cheaper(*unfold(f, *examples), examples, compiled)


def unfold(f: Callable[..., Any], *examples: Any) -> tuple[GraphModule, TreeSpec]:
    """The graph of f, a function of its flattened arguments, and the structure of its result."""
    leaves, given = tree_flatten(examples)
    made: list[TreeSpec] = []

    def flat(*leaves: Any) -> list[Any]:
        values, structure = tree_flatten(f(*tree_unflatten(leaves, given)))
        made[:] = [structure]
        return values

    graph = make_fx(torch.func.functionalize(flat), tracing_mode="fake")(*leaves)
    return graph, made[0]


def cheaper(graph: GraphModule, made: TreeSpec, examples: Any, compiled: bool = False) -> Traced:
    """The result of `unfold`, simplified by the rewrite rules, and compiled if asked."""
    simplify(graph)
    run = _compiled(graph, tree_leaves(examples)) if compiled else graph.forward
    return Traced(graph.graph, run, made)


def _compiled(graph: GraphModule, leaves: list[Any]) -> Callable[..., Any]:
    """The graph, compiled; or as it is, with one warning, where compilation fails.

    By inductor alone: the guards of torch.compile would check at every call what `trace` asks of
    its callers. With calls from C++, not Python: 33 us per step of small networks, not 121.
    """
    on_cpu = all(leaf.device.type == "cpu" for leaf in leaves)
    try:
        from torch._inductor.compile_fx import compile_fx

        if on_cpu:
            lower()
        options = {"cpp_wrapper": on_cpu, "layout_optimization": not on_cpu}
        if on_cpu and openblas.suited():
            openblas.lower()
            options |= openblas.options()
        made: list[Any] = []
        run: Callable[..., Any] = compile_fx(
            graph, list(leaves), inner_compile=_kept(made), config_patches=options
        )
        results = run(*leaves)
        run = _bare(graph, made, leaves, results) or run
    except Exception as error:  # of any kind: there may be no compiler, or an unknown operation
        line = str(error).strip().splitlines()
        reason = line[0][:100] if line else type(error).__name__
        warnings.warn(f"not compiled, and slower for it: {reason}", stacklevel=3)
        return graph.forward
    return run


def _kept(made: list[Any]) -> Callable[..., Any]:
    """Inductor's compiler, which also adds what it makes to a list."""
    from torch._inductor.compile_fx import compile_fx_inner

    def compiler(*arguments: Any, **options: Any) -> Any:
        made.append(compile_fx_inner(*arguments, **options))
        return made[-1]

    return compiler


def _bare(
    graph: GraphModule, made: list[Any], leaves: list[Any], results: Any
) -> Callable[..., Any] | None:
    """The compiled code without what autograd wraps around it: 6 us less a call.

    The wrapper restores results that are views of inputs, and inputs that were written to. None
    where it may be needed: where a result shares memory with an input, or the graph has constants,
    or something else returns.
    """
    if len(made) != 1 or any(node.op == "get_attr" for node in graph.graph.nodes):
        return None
    given = {leaf.untyped_storage().data_ptr() for leaf in leaves}
    found = made[0](list(leaves))
    alone = all(t.untyped_storage().data_ptr() not in given for t in found)
    if not alone or len(found) != len(results) or not all(map(torch.equal, found, results)):
        return None
    return lambda *leaves: made[0](list(leaves))
