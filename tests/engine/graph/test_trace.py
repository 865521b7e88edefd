"""Tracing changes the cost of a function, not its values."""

import warnings
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import grad, vmap

from pipeline.engine.graph import nodes as graphs
from pipeline.engine.graph import openblas, products
from pipeline.engine.graph import rewrite as simplify
from pipeline.engine.graph.nodes import aten
from pipeline.engine.graph.trace import trace


def operations(graph):
    return [node.target for node in graph.graph.nodes if node.op == "call_function"]


def tensors(*shapes, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=rng, dtype=dtype) for shape in shapes]


def chain(x, w, v):
    """Two layers and the gradient in the first: what the engine asks for, in small."""

    def loss(w, x, v):
        h = torch.nn.functional.leaky_relu(torch.nn.functional.linear(x, w), 0.2)
        return (torch.nn.functional.linear(h, v) ** 2).mean()

    return vmap(grad(loss))(w, x, v)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
def test_a_traced_function_has_the_values_of_the_function(r, b, i, o):
    x, w, v = tensors((r, b, i), (r, o, i), (r, 2, o))
    torch.testing.assert_close(trace(chain, x, w, v)(x, w, v), chain(x, w, v), rtol=1e-13, atol=0)


def test_transposes_of_a_product_go_into_its_factors():
    def f(a, b):
        return torch.bmm(a, b).transpose(1, 2).contiguous()

    a, b = tensors((2, 3, 4), (2, 4, 5))
    graph = trace(f, a, b)
    assert operations(graph) == [aten.transpose.int, aten.transpose.int, aten.bmm.default]
    torch.testing.assert_close(graph(a, b), f(a, b), rtol=1e-14, atol=1e-14)


def test_a_product_and_a_sum_are_one_operation():
    def f(a, b, c):
        return torch.bmm(a, b) + c

    given = tensors((2, 3, 4), (2, 4, 5), (2, 1, 5))
    graph = trace(f, *given)
    assert operations(graph) == [aten.baddbmm.default]
    torch.testing.assert_close(graph(*given), f(*given), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: (torch.bmm(a, b) + torch.bmm(a, b), torch.bmm(a, b)),
        lambda a, b: torch.bmm(a, b) + 2,
        lambda a, b: torch.bmm(a, b) - torch.bmm(a, b).mT.mT,
        lambda a, b: (torch.bmm(a, b).mT, torch.bmm(a, b)),
        lambda a, b: torch.bmm(a, b) + torch.bmm(a, b)[0, 0],
        lambda a, b: (torch.bmm(a, b) + torch.bmm(b, a)).mT.contiguous().view(-1),
    ],
)
def test_a_product_that_is_used_twice_keeps_its_value(f):
    a, b = tensors((2, 3, 3), (2, 3, 3))
    torch.testing.assert_close(trace(f, a, b)(a, b), f(a, b), rtol=1e-13, atol=1e-13)


def test_a_sum_of_products_is_one_product_of_all_columns_and_rows():
    def f(a, b, c, d, e, g):
        return torch.bmm(e, g) + (torch.bmm(a, b) + torch.bmm(c, d)).mT

    given = tensors((2, 3, 1), (2, 1, 5), (2, 3, 2), (2, 2, 5), (2, 5, 1), (2, 1, 3))
    graph = trace(f, *given)
    assert operations(graph).count(aten.bmm.default) == 1
    torch.testing.assert_close(graph(*given), f(*given), rtol=1e-14, atol=1e-14)


def layers(a, b, w, v, c):
    """Two batches through two layers, the second batch longer."""
    through = [torch.bmm(torch.tanh(torch.bmm(x, w) + c), v) for x in (a, b)]
    return through[0].sum(1), through[1].cumsum(1)


def following(a, b, w, v, c):
    """The second batch is what the layer has made of the first."""
    made = torch.bmm(a, w)
    return made, torch.bmm(made, w), torch.bmm(b, w).tanh()


def with_other_biases(a, b, w, v, c):
    return torch.bmm(a, w) + c, torch.bmm(b, w) + 2 * c


def seen_anew(a, b, w, v, c):
    """What a view of both axes at once sees must lie together."""
    return torch.bmm(a, w).view(-1, 4), torch.bmm(b, w).view(2, -1)


@pytest.mark.parametrize(
    ("f", "products"), [(layers, 2), (following, 2), (with_other_biases, 2), (seen_anew, 2)]
)
def test_a_layer_of_two_batches_is_one_product(f, products, monkeypatch):
    given = tensors((2, 3, 4), (2, 5, 4), (2, 4, 4), (2, 4, 2), (2, 1, 4))
    apart = trace(f, *given)
    monkeypatch.setattr(graphs, "WIDE", 1)
    graph = trace(f, *given)
    multiply = (aten.bmm.default, aten.baddbmm.default)
    assert sum(operation in multiply for operation in operations(graph)) == products
    for found, known, plain in zip(graph(*given), apart(*given), f(*given), strict=True):
        torch.testing.assert_close(found, known, rtol=1e-13, atol=1e-13)
        torch.testing.assert_close(found, plain, rtol=1e-13, atol=1e-13)


def test_transposed_columns_are_joined_as_they_lie_in_memory():
    def f(a, b, c, d):
        return torch.bmm(a.mT, b) + torch.bmm(c.mT, d)

    given = tensors((2, 1, 3), (2, 1, 5), (2, 2, 3), (2, 2, 5))
    graph = trace(f, *given)
    joined = [node.args[0] for node in graph.graph.nodes if node.target is aten.cat.default]
    assert [node.op for nodes in joined for node in nodes] == ["placeholder"] * 4
    torch.testing.assert_close(graph(*given), f(*given), rtol=1e-14, atol=1e-14)


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 12), st.booleans(), st.booleans())
def test_a_product_of_few_columns_is_one_of_few_rows(m, k, n, turned, summed):
    def f(a, b, c):
        made = torch.bmm(a.mT if turned else a, b)
        return (made + c if summed else made).reshape(2, m * n)

    given = tensors((2, k, m) if turned else (2, m, k), (2, k, n), (2, 1, n))
    graph = trace(f, *given)
    swapped = n <= simplify.NARROW < m and k > 1
    shapes = [tuple(graphs.fake(x).shape) for x in graph.graph.nodes if graphs.is_product(x)]
    assert summed or shapes == [(2, n, m) if swapped else (2, m, n)]
    torch.testing.assert_close(graph(*given), f(*given), rtol=1e-13, atol=1e-13)


def test_a_product_with_one_is_not_computed():
    (a,) = tensors((3, 7))
    for part in (slice(None), slice(0, 4)):  # a part of each row lies otherwise in memory

        def f(a, part):
            return aten.mul.Scalar(a[:, part], 1).view(3, 1, -1) + 2

        graph = trace(partial(f, part=part), a)
        assert aten.mul.Scalar not in operations(graph)
        assert torch.equal(graph(a), f(a, part))


def test_products_with_nothing_but_zeros_are_not_computed():
    def f(a, b, c):
        return torch.bmm(torch.zeros_like(a), b).mT.contiguous().view(-1) + c.mT.reshape(-1)

    given = tensors((2, 3, 4), (2, 4, 5), (2, 3, 5))
    graph = trace(f, *given)
    assert aten.bmm.default not in operations(graph)
    assert aten.add.Tensor not in operations(graph)
    assert torch.equal(graph(*given), f(*given))


def test_the_gradient_of_a_gradient_costs_no_product_with_the_second_derivative_of_leaky_relu():
    """It is zero: what is left is what a gradient penalty needs."""

    def critic(x, w, v):
        linear = torch.nn.functional.linear
        return linear(torch.nn.functional.leaky_relu(linear(x[None], w), 0.2), v)[0, 0]

    def penalty(w, v, x):
        return vmap(grad(critic), (0, None, None))(x, w, v).square().sum()

    given = tensors((2, 5, 3), (2, 1, 5), (2, 7, 3))
    graph = trace(vmap(grad(penalty, argnums=(0, 1))), *given)
    direct = vmap(grad(penalty, argnums=(0, 1)))(*given)
    assert not {aten.zeros_like.default, aten.zeros.default} & set(operations(graph))
    torch.testing.assert_close(graph(*given), direct, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("slope", [0.2, 0.0])
def test_the_gradient_of_leaky_relu_needs_its_result_alone(slope):
    """To the bit, at 0 and at the smallest numbers too; with slope 0 the result tells less."""
    x = torch.tensor([[-1.0, -1e-45, -0.0, 0.0, 1e-45, 1.0, torch.nan, torch.inf]])

    def f(x):
        y = torch.nn.functional.leaky_relu(x, slope)
        return y, aten.leaky_relu_backward(3 * y.cos(), x, slope, False)

    graph = trace(f, x)
    (backward,) = (n for n in graph.graph.nodes if n.target is aten.leaky_relu_backward.default)
    assert backward.args[3] is (slope > 0)
    for found, known in zip(graph(x), f(x), strict=True):
        torch.testing.assert_close(found, known, rtol=0, atol=0, equal_nan=True)


def test_equal_operations_are_computed_once_and_what_is_written_in_between_is_seen():
    def f(a):
        first = a.sin() + a.sin()
        a = a.clone()
        a.mul_(2)
        return first + a.sin()

    (a,) = tensors((3,))
    graph = trace(f, a)
    assert operations(graph).count(aten.sin.default) == 2
    torch.testing.assert_close(graph(a), f(a), rtol=1e-15, atol=0)


def test_random_numbers_are_never_computed_once():
    graph = trace(lambda a: (torch.rand_like(a), torch.rand_like(a)), torch.zeros(9))
    first, second = graph(torch.zeros(9))
    assert (first != second).any()


@pytest.mark.skipif(products.onednn is None, reason="this Torch has no oneDNN")
def test_wide_products_keep_their_values(monkeypatch):
    """Sums of k products of standard normals in float32: k roundings of 6e-8 each."""
    monkeypatch.setattr(openblas, "suited", lambda: False)
    monkeypatch.setattr(openblas, "maker", lambda: "AuthenticAMD")
    m, k, n = 64, 128, 256
    a, b, c = tensors((2, m, k), (2, k, n), (2, 1, n), dtype=torch.float32)
    graph = trace(lambda a, b, c: torch.bmm(a, b) + c, a, b, c)
    assert torch.ops.dstar.products.default in operations(graph)
    exact = torch.bmm(a.double(), b.double()) + c
    assert (graph(a, b, c) - exact).abs().max() < 6e-8 * k * 4
    left, right = a.mT.contiguous().mT, b.mT.contiguous().mT
    torch.testing.assert_close(trace(torch.bmm, left, right)(left, right), exact.float() - c)


@pytest.mark.slow
@pytest.mark.skipif(products.onednn is None, reason="this Torch has no oneDNN")
@pytest.mark.parametrize("replicas", [1, 2])
def test_compiled_wide_products_keep_their_values(replicas, monkeypatch):
    """Sums of 4 products in float32, whose tanh and sum of 5 follow: some 20 roundings of 6e-8."""
    monkeypatch.setattr(graphs, "WIDE", 1)
    monkeypatch.setattr(openblas, "suited", lambda: False)
    monkeypatch.setattr(openblas, "maker", lambda: "AuthenticAMD")
    shapes = (
        (replicas, 3, 4),
        (replicas, 5, 4),
        (replicas, 4, 4),
        (replicas, 4, 2),
        (replicas, 1, 4),
    )
    given = tensors(*shapes, dtype=torch.float32)
    f = trace(layers, *given, compiled=True)
    assert operations(f).count(torch.ops.dstar.products.default) == 2
    torch.testing.assert_close(f(*given), layers(*given), rtol=1e-5, atol=1e-5)


def test_what_cannot_be_compiled_runs_uncompiled_with_one_warning(monkeypatch):
    def broken(*_, **__):
        def fail(*_):
            raise RuntimeError("no compiler\nand a long story")

        return fail

    monkeypatch.setattr(torch._inductor, "compile", broken)
    (a,) = tensors((3,))
    with pytest.warns(UserWarning, match=r"^not compiled, and slower for it: no compiler$"):
        f = trace(torch.sin, a, compiled=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(f(a), a.sin())
