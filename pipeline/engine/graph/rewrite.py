"""Rules that make a traced graph cheaper and change its values by rounding only.

    t(t(A)) = A    t(A B) = t(B) t(A)    t(A + B) = t(A) + t(B)    1 a = a    0 a = 0    0 + a = a
    A B + C D = (A C)(B D)    C + A B: one operation    f(a), f(a): computed once
    A B, C B: the upper and the lower rows of one product, which reads B once
    A B = t(t(B) t(A)) where B has few columns: 98 us become 25 for ten of 128 x 64 by 64 x 8
    products in float32 on a CPU: by the library that suits their shape and the processor

A, B, ... are batches of one matrix per replica, t is the transpose, a and b are numbers.
"""

from itertools import accumulate, product
from typing import Any

import torch
from torch.fx import GraphModule, Node

from pipeline.engine.graph import openblas
from pipeline.engine.graph.nodes import (
    alike,
    aten,
    fake,
    in_order,
    insert,
    is_product,
    is_sum_of_products,
    is_transpose,
    is_wide,
    is_zero,
    needs,
    once,
    transpose,
)
from pipeline.engine.graph.products import onednn

SEEN_ANEW = (aten.view.default, aten._unsafe_view.default)
SAME_IF_SHAPED_ALIKE = (aten.view.default, aten.expand.default, aten._unsafe_view.default)
KEEP_ZERO = {  # of how many first arguments a single zero makes the result zero
    aten.bmm.default: 2,
    aten.mul.Tensor: 2,
    aten.leaky_relu_backward.default: 1,
    aten.sum.dim_IntList: 1,
    aten.transpose.int: 1,
    aten.view.default: 1,
    aten.clone.default: 1,
    aten._unsafe_view.default: 1,
}
NARROW = 8  # the most columns of a narrow product


def simplify(graph: GraphModule) -> None:
    """Applies the rules above to a traced graph, in place."""
    for rules in PASSES:
        changed = True
        while changed:
            changed = False
            for node, rule in product(list(graph.graph.nodes), rules):
                if node.op == "call_function" and (better := rule(node)) is not None:
                    node.replace_all_uses_with(better)
                    changed = True
            in_order(graph.graph)
            once(graph.graph)
            graph.graph.eliminate_dead_code()
    graph.recompile()


def _idle(node: Any) -> Any:
    """1 a = a and 0 + a = a: an operation that changes nothing."""
    if node.target in SAME_IF_SHAPED_ALIKE and alike(node, node.args[0]):
        return node.args[0]
    if node.target is aten.mul.Scalar and node.args[1] == 1 and _like_enough(node):
        return node.args[0]
    if is_transpose(node) and is_transpose(node.args[0]):
        return node.args[0].args[0]
    return None


def _by_result(node: Any) -> Any:
    """The gradient of LeakyReLU by the sign of its result, so that its argument need not be kept.

    The signs agree: the gradient below 0 is positive. (It is 0.2 in the networks of the study.)
    """
    if node.target is not aten.leaky_relu_backward.default or node.args[3] or node.args[2] <= 0:
        return None
    dy, x, gradient, _ = node.args
    for y in x.users:
        if y.target is aten.leaky_relu.default and y.args[1:] == (gradient,) and alike(x, y):
            return insert(node, node.target, (dy, y, gradient, True), fake(node))
    return None


def _zero(node: Any) -> Any:
    """0 a = 0: what is zero everywhere is not computed, such as LeakyReLU's second derivative."""
    if node.target is aten.add.Tensor and not node.kwargs:
        for zero, other in (node.args, node.args[::-1]):
            if is_zero(zero) and isinstance(other, Node) and alike(node, other):
                return other
    if node.target in KEEP_ZERO and any(map(is_zero, node.args[: KEEP_ZERO[node.target]])):
        value = fake(node)
        like = {"dtype": value.dtype, "device": value.device}
        return insert(node, aten.zeros.default, (list(value.shape),), value, like)
    return None


def _transposed(node: Any) -> Any:
    """t(A B) as t(B) t(A), which has the wanted memory layout; the same for sums of products."""
    if is_transpose(node):
        inner = node.args[0]
        if is_product(inner) and len(inner.users) == 1:
            a, b = inner.args
            swapped = transpose(b, node), transpose(a, node)
            return insert(node, aten.bmm.default, swapped, fake(node).contiguous())
        if is_sum_of_products(inner) and len(inner.users) == 1 and not inner.kwargs:
            both = tuple(transpose(term, node) for term in inner.args)
            return insert(node, aten.add.Tensor, both, fake(node).contiguous())
    if node.target is aten.clone.default and is_sum_of_products(node.args[0]):
        return node.args[0]  # contiguous already
    return None


def _accumulated(node: Any) -> Any:
    """A B + C D as the one product (A C)(B D) of block matrices; C + A B as one operation."""
    if node.target is not aten.add.Tensor or node.kwargs:
        return None
    for one, other in (node.args[::-1], node.args):
        if not (is_product(one) and len(one.users) == 1 and alike(node, one)):
            continue
        if not isinstance(other, Node) or other is one or fake(other).dim() != 3:
            continue
        if is_product(other) and len(other.users) == 1 and _slim(one):
            columns, rows = ([p.args[i] for p in (other, one)] for i in (0, 1))
            both = _joined(node, columns, 2), _joined(node, rows, 1)
            return insert(node, aten.bmm.default, both, fake(node))
        return insert(node, aten.baddbmm.default, (other, *one.args), fake(node))
    return None


def _shared(node: Any) -> Any:
    """Products with the same right factor, say one layer applied to several batches, as one."""
    if node.target not in (aten.bmm.default, aten.baddbmm.default) or not node.users:
        return None
    *added, _, b = node.args
    if not is_wide(node) or any(fake(c).shape[1] != 1 for c in added):
        return None
    batches = [node]
    for other in b.users:
        same = other.target is node.target and [*other.args[:-2], other.args[-1]] == [*added, b]
        if not (same and other.users and is_wide(other) and other is not node):
            continue
        if not any(needs(other, one) or needs(one, other) for one in batches):
            batches.append(other)
    lefts = [one.args[-2] for one in batches]
    values = [fake(one) for one in batches]
    ends = list(accumulate(value.shape[1] for value in values))
    whole = torch.cat(values, 1)
    slices = [whole[:, e - v.shape[1] : e] for e, v in zip(ends, values, strict=True)]
    if len(batches) == 1 or not all(map(_stands_for, slices, batches)):
        return None
    joined = insert(node, node.target, (*added, _joined(node, lefts, 1), b), whole)
    rows = [
        insert(node, aten.slice.Tensor, (joined, 1, end - value.shape[1], end), value)
        for end, value in zip(ends, slices, strict=True)
    ]
    for one, row in zip(batches[1:], rows[1:], strict=True):
        one.replace_all_uses_with(row)
    return rows[0]


def _slim(node: Any) -> Any:
    """Whether the factors are no larger than the product: then joining is cheaper than a sum."""
    (_, m, k), n = fake(node.args[0]).shape, fake(node).shape[2]
    return k * (m + n) <= 2 * m * n


def _joined(before: Any, nodes: Any, axis: Any) -> Any:
    """Concatenates matrices along axis 1 or 2; transposed ones in their memory layout."""
    if all(map(is_transpose, nodes)):
        return transpose(_joined(before, [node.args[0] for node in nodes], 3 - axis), before)
    value = torch.cat([fake(node) for node in nodes], axis)
    return insert(before, aten.cat.default, (nodes, axis), value)


def _small(node: Any) -> Any:
    """Products by OpenBLAS, where it suits their size and the processor."""
    if node.target not in (aten.bmm.default, aten.baddbmm.default) or node.kwargs:
        return None
    *added, a, b = node.args
    if fake(a).dtype != torch.float32 or fake(a).device.type != "cpu":
        return None
    if not openblas.suits(*fake(b).shape[1:]):
        return None
    return insert(node, torch.ops.dstar.gemm.default, (a, b, *added), fake(node))


def _wide(node: Any) -> Any:
    """Wide products by oneDNN, where it suits the processor."""
    if node.target not in (aten.bmm.default, aten.baddbmm.default):
        return None
    if onednn is None or not openblas.on_amd():
        return None
    a, b = node.args[-2:]
    if not is_wide(node) or fake(a).dtype != torch.float32 or fake(a).device.type != "cpu":
        return None
    multiply = torch.ops.dstar.products.default
    if node.target is aten.bmm.default:
        return insert(node, multiply, (a, b), fake(node))
    if fake(node.args[0]).shape[1] == 1:
        return insert(node, multiply, (a, b, node.args[0]), fake(node))
    multiplied = insert(node, multiply, (a, b), fake(node))
    return insert(node, aten.add.Tensor, (multiplied, node.args[0]), fake(node))


def _narrow(node: Any) -> Any:
    """A product of few columns as one of few rows: up to five times as fast.

    Not where B is column-major: there the product is already as fast as it can be.
    """
    if node.target not in (aten.bmm.default, aten.baddbmm.default):
        return None
    *added, a, b = node.args
    (_, m, k), n = fake(a).shape, fake(b).shape[2]
    if n > NARROW or m <= NARROW or k == 1 or is_transpose(b) or fake(a).device.type != "cpu":
        return None
    value = fake(node).transpose(1, 2).contiguous()
    factors = tuple(transpose(x, node) for x in (*added, b, a))
    swapped = insert(node, node.target, factors, value)
    back = insert(node, aten.transpose.int, (swapped, 1, 2), value.transpose(1, 2))
    keywords = {"memory_format": torch.contiguous_format}
    return insert(node, aten.clone.default, (back,), fake(node), keywords)


def _like_enough(node: Any) -> Any:
    """Whether a node's argument can take its place: same layout, or all users only reshape it."""
    given = node.args[0]
    views = all(user.target is aten.view.default for user in node.users)
    return alike(node, given) or (views and _stands_for(fake(given), node))


def _stands_for(value: Any, node: Any) -> Any:
    """Whether every view that is taken of a node could be taken of a value instead."""
    views = (user for user in node.users if user.target in SEEN_ANEW)
    return all(_can_be_seen(value, user.args[1]) for user in views)


def _can_be_seen(value: Any, shape: Any) -> Any:
    try:
        value.view(shape)
    except (RuntimeError, ValueError):  # raised by real tensors, and by fake ones
        return False
    return True


PASSES = (
    (_idle, _zero, _transposed, _by_result),
    (_accumulated,),
    (_shared,),
    (_small,),
    (_wide,),
    (_narrow,),
)
