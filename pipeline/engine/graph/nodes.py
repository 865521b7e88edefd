"""Queries and changes of a graph, of which the rules of rewrite.py are made."""

from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, Node

aten: Any = torch.ops.aten
WIDE = 64 * 128 * 256  # multiplications from which one matrix product is wide


def needs(node: Node, other: Node) -> bool:
    """Whether a node depends on another, directly or through others."""
    seen, todo = set[Node](), [node]
    while todo:
        for given in todo.pop().all_input_nodes:
            if given is other:
                return True
            if given not in seen:
                seen.add(given)
                todo.append(given)
    return False


def in_order(graph: Graph) -> None:
    """Sorts the graph so that each operation follows its inputs; otherwise order is kept."""
    placed: set[Node] = set()
    order: list[Node] = []
    for node in graph.nodes:
        todo = [node]
        while todo:
            missing = [given for given in todo[-1].all_input_nodes if given not in placed]
            todo.extend(missing)
            if not missing and (ready := todo.pop()) not in placed:
                placed.add(ready)
                order.append(ready)
    end = next(iter(reversed(graph.nodes)))
    for node in order[:-1]:
        end.prepend(node)


def once(graph: Graph) -> None:
    """Common subexpressions: equal operations on equal arguments are computed once."""
    seen: dict[Any, Node] = {}
    for node in list(graph.nodes):
        tags = getattr(node.target, "tags", ())
        if node.op != "call_function" or torch.Tag.nondeterministic_seeded in tags:
            continue
        earlier = seen.setdefault((node.target, repr(node.args), repr(node.kwargs)), node)
        if earlier is not node:
            node.replace_all_uses_with(earlier)
            graph.erase_node(node)


def is_transpose(node: Any) -> bool:
    """Whether a node transposes each matrix of a batch."""
    if not isinstance(node, Node) or node.target is not aten.transpose.int:
        return False
    axes: Any = node.args[1:]
    return fake(node).dim() == 3 and {axis % 3 for axis in axes} == {1, 2}


def is_zero(node: Any) -> bool:
    return isinstance(node, Node) and node.target in (aten.zeros_like.default, aten.zeros.default)


def is_product(node: Any) -> bool:
    return isinstance(node, Node) and node.target is aten.bmm.default


def is_wide(product: Any) -> bool:
    a, b = (fake(factor) for factor in product.args[-2:])
    return bool(a.shape[1] * a.shape[2] * b.shape[2] >= WIDE)


def is_sum_of_products(node: Any) -> bool:
    return is_product(node) or (
        isinstance(node, Node)
        and node.target is aten.add.Tensor
        and all(is_sum_of_products(argument) for argument in node.args)
    )


def transpose(node: Any, before: Node) -> Any:
    if is_transpose(node):
        return node.args[0]
    return insert(before, aten.transpose.int, (node, 1, 2), fake(node).transpose(1, 2))


def insert(before: Node, target: Any, arguments: Any, value: Tensor, keywords: Any = None) -> Node:
    with before.graph.inserting_before(before):
        node = before.graph.call_function(target, arguments, keywords)
    node.meta["val"] = value
    return node


def fake(node: Any) -> Any:
    """The node's result as a tensor of shape and strides without values."""
    return node.meta["val"]


def alike(a: Any, b: Any) -> bool:
    a, b = fake(a), fake(b)
    return (a.shape, a.stride(), a.dtype) == (b.shape, b.stride(), b.dtype)
