"""A function of tensors as the list of plain operations that it comes down to.

Batching over replicas and taking slopes go through a function anew at each call, and between
small networks that costs as much as the arithmetic. Here it is done once: the function is traced
to a graph of operations on whole batches, the graph is simplified by rules that change no value
but by rounding, and from then on only the operations are run.

    t(t(A)) = A    t(A B) = t(B) t(A)    t(A + B) = t(A) + t(B)    1 a = a    0 a = 0    0 + a = a
    A B + C D = (A C)(B D)    C + A B: one operation    f(a), f(a): computed once
    A B = t(t(B) t(A)) where B has few columns: 98 us become 25 for ten of 128 x 64 by 64 x 8

Wide products in float32 go to oneDNN on a CPU, which knows processors that the library behind
`torch.bmm` does not: 1.4 to 2.3 times its rate on an AMD EPYC from 64 x 128 x 256 upwards, and
below that the cost of ten calls in place of one decides against it.
"""

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

aten: Any = torch.ops.aten
SAME_IF_SHAPED_ALIKE = (aten.view.default, aten.expand.default, aten._unsafe_view.default)
KEEP_ZERO = {  # how many of the first arguments, any of which makes the result zero
    aten.bmm.default: 2,
    aten.mul.Tensor: 2,
    aten.leaky_relu_backward.default: 1,
    aten.sum.dim_IntList: 1,
    aten.transpose.int: 1,
    aten.view.default: 1,
    aten.clone.default: 1,
    aten._unsafe_view.default: 1,
}
WIDE = 64 * 128 * 256  # multiplications in one product
NARROW = 8  # columns of a product
_onednn = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def trace(f: Callable, *examples: Any, compiled: bool = False) -> Callable:
    """The function f, to be called with arguments of these very shapes.

    f: pure, of tensors and dictionaries of tensors; what it does must not depend on values.
    compiled: by torch.compile as well, which fuses what lies between the products.
    """
    graph = make_fx(torch.func.functionalize(f), tracing_mode="fake")(*examples)
    simplify(graph)
    return _compiled(graph, examples) if compiled else graph


def _compiled(graph, examples):
    """The graph, compiled; or as it is, with one warning, where that cannot be done."""
    f = torch.compile(graph, dynamic=False, fullgraph=True)
    try:
        f(*examples)
    except Exception as error:  # of any kind: a compiler may be missing, or not know a thing
        line = str(error).strip().splitlines()
        reason = line[0][:100] if line else type(error).__name__
        warnings.warn(f"not compiled, and slower for it: {reason}", stacklevel=3)
        return graph
    return f


def simplify(graph: GraphModule) -> None:
    """Applies the rules above to a traced graph, in place."""
    for rules in ((_idle, _zero, _transposed), (_accumulated,), (_wide,), (_narrow,)):
        changed = True
        while changed:
            changed = False
            for node, rule in product(list(graph.graph.nodes), rules):
                if node.op == "call_function" and (better := rule(node)) is not None:
                    node.replace_all_uses_with(better)
                    changed = True
            _once(graph.graph)
            graph.graph.eliminate_dead_code()
    graph.recompile()


def _idle(node):
    """What changes nothing."""
    if node.target in SAME_IF_SHAPED_ALIKE and _alike(node, node.args[0]):
        return node.args[0]
    if node.target is aten.mul.Scalar and node.args[1] == 1 and _like_enough(node):
        return node.args[0]
    if _is_transpose(node) and _is_transpose(node.args[0]):
        return node.args[0].args[0]
    return None


def _zero(node):
    """What is zero throughout, as second derivatives of LeakyReLU are, is not computed with."""
    if node.target is aten.add.Tensor and not node.kwargs:
        for zero, other in (node.args, node.args[::-1]):
            if _is_zero(zero) and isinstance(other, Node) and _alike(node, other):
                return other
    if node.target in KEEP_ZERO and any(map(_is_zero, node.args[: KEEP_ZERO[node.target]])):
        value = _value(node)
        like = {"dtype": value.dtype, "device": value.device}
        return _insert(node, aten.zeros.default, (list(value.shape),), value, like)
    return None


def _transposed(node):
    """t(A B) as t(B) t(A), whose result lies in memory as it is wanted; so for sums of them."""
    if _is_transpose(node):
        inner = node.args[0]
        if _is_product(inner) and len(inner.users) == 1:
            a, b = inner.args
            swapped = _transpose(b, node), _transpose(a, node)
            return _insert(node, aten.bmm.default, swapped, _value(node).contiguous())
        if _is_sum_of_products(inner) and len(inner.users) == 1 and not inner.kwargs:
            both = tuple(_transpose(term, node) for term in inner.args)
            return _insert(node, aten.add.Tensor, both, _value(node).contiguous())
    if node.target is aten.clone.default and _is_sum_of_products(node.args[0]):
        return node.args[0]  # it lies in order already
    return None


def _accumulated(node):
    """A sum of products as the product of all their columns and rows; C + A B at once."""
    if node.target is not aten.add.Tensor or node.kwargs:
        return None
    for one, other in (node.args[::-1], node.args):
        if not (_is_product(one) and len(one.users) == 1 and _alike(node, one)):
            continue
        if not isinstance(other, Node) or other is one or _value(other).dim() != 3:
            continue
        if _is_product(other) and len(other.users) == 1 and _slim(one):
            columns, rows = ([p.args[i] for p in (other, one)] for i in (0, 1))
            both = _joined(node, columns, 2), _joined(node, rows, 1)
            return _insert(node, aten.bmm.default, both, _value(node))
        return _insert(node, aten.baddbmm.default, (other, *one.args), _value(node))
    return None


def _slim(node):
    """Whether the factors are no larger than the product: joining them costs less than a sum."""
    (_, m, k), n = _value(node.args[0]).shape, _value(node).shape[2]
    return k * (m + n) <= 2 * m * n


def _joined(before, nodes, axis):
    """Matrices side by side along axis 1 or 2; transposed ones as they lie in memory."""
    if all(map(_is_transpose, nodes)):
        return _transpose(_joined(before, [node.args[0] for node in nodes], 3 - axis), before)
    value = torch.cat([_value(node) for node in nodes], axis)
    return _insert(before, aten.cat.default, (nodes, axis), value)


def _wide(node):
    """Wide products by oneDNN."""
    if _onednn is None or node.target not in (aten.bmm.default, aten.baddbmm.default):
        return None
    a, b = node.args[-2:]
    (_, m, k), n = _value(a).shape, _value(b).shape[2]
    if m * k * n < WIDE or _value(a).dtype != torch.float32 or _value(a).device.type != "cpu":
        return None
    multiply = torch.ops.dstar.products.default
    if node.target is aten.bmm.default:
        return _insert(node, multiply, (a, b), _value(node))
    if _value(node.args[0]).shape[1] == 1:
        return _insert(node, multiply, (a, b, node.args[0]), _value(node))
    multiplied = _insert(node, multiply, (a, b), _value(node))
    return _insert(node, aten.add.Tensor, (multiplied, node.args[0]), _value(node))


def _narrow(node):
    """A product of few columns as one of few rows: up to five times as fast.

    Not where the columns of B lie together in memory: there it is as fast as it can be.
    """
    if node.target not in (aten.bmm.default, aten.baddbmm.default):
        return None
    *added, a, b = node.args
    (_, m, k), n = _value(a).shape, _value(b).shape[2]
    if n > NARROW or m <= NARROW or k == 1 or _is_transpose(b) or _value(a).device.type != "cpu":
        return None
    value = _value(node).transpose(1, 2).contiguous()
    factors = tuple(_transpose(x, node) for x in (*added, b, a))
    swapped = _insert(node, node.target, factors, value)
    back = _insert(node, aten.transpose.int, (swapped, 1, 2), value.transpose(1, 2))
    keywords = {"memory_format": torch.contiguous_format}
    return _insert(node, aten.clone.default, (back,), _value(node), keywords)


@torch.library.custom_op("dstar::products", mutates_args=())
def products(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """A_r B_r + c_r for each r.

    a: (R, m, k). b: (R, k, n). bias: c, (R, 1, n).
    Returns shape (R, m, n).
    """
    out = a.new_empty(a.shape[0], a.shape[1], b.shape[2])
    for r, row in enumerate(out):
        c = None if bias is None else bias[r, 0]
        row.copy_(_onednn(a[r], b[r].mT, c, "none", [], ""))  # type: ignore[misc]
    return out


@products.register_fake
def _(a, b, bias=None):
    return a.new_empty(a.shape[0], a.shape[1], b.shape[2])


def _like_enough(node):
    """Whether what takes a node could take its argument: alike, or only seen in new shapes."""
    given = node.args[0]
    if _alike(node, given):
        return True
    views = all(user.target is aten.view.default for user in node.users)
    return views and all(_can_be_seen(_value(given), user.args[1]) for user in node.users)


def _can_be_seen(value, shape):
    try:
        value.view(shape)
    except RuntimeError:
        return False
    return True


def _once(graph):
    """Equal operations on equal arguments are computed once."""
    seen: dict[Any, Node] = {}
    for node in list(graph.nodes):
        tags = getattr(node.target, "tags", ())
        if node.op != "call_function" or torch.Tag.nondeterministic_seeded in tags:
            continue
        earlier = seen.setdefault((node.target, repr(node.args), repr(node.kwargs)), node)
        if earlier is not node:
            node.replace_all_uses_with(earlier)
            graph.erase_node(node)


def _is_transpose(node):
    """Of the two axes of each matrix in a batch of them."""
    if not isinstance(node, Node) or node.target is not aten.transpose.int:
        return False
    return _value(node).dim() == 3 and {axis % 3 for axis in node.args[1:]} == {1, 2}  # type: ignore[operator]


def _is_zero(node):
    return isinstance(node, Node) and node.target in (aten.zeros_like.default, aten.zeros.default)


def _is_product(node):
    return isinstance(node, Node) and node.target is aten.bmm.default


def _is_sum_of_products(node):
    return _is_product(node) or (
        isinstance(node, Node)
        and node.target is aten.add.Tensor
        and all(_is_sum_of_products(argument) for argument in node.args)
    )


def _transpose(node, before):
    if _is_transpose(node):
        return node.args[0]
    return _insert(before, aten.transpose.int, (node, 1, 2), _value(node).transpose(1, 2))


def _insert(before, target, arguments, value, keywords=None):
    with before.graph.inserting_before(before):
        node = before.graph.call_function(target, arguments, keywords)
    node.meta["val"] = value
    return node


def _value(node):
    """The tensor without content that stands for the node's result."""
    return node.meta["val"]


def _alike(a, b):
    a, b = _value(a), _value(b)
    return a.shape == b.shape and a.stride() == b.stride() and a.dtype == b.dtype
