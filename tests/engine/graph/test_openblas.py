"""OpenBLAS under a Torch operator: the products of torch.bmm, whatever lies how in memory."""

import subprocess
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.graph import openblas, products
from pipeline.engine.graph.nodes import aten
from pipeline.engine.graph.trace import trace

pytestmark = pytest.mark.skipif(not openblas.loaded(), reason="no compiler, or another SciPy")
EPS = 2.0**-24  # the largest relative error of a rounding in float32


def multiply(a, b, added=None):
    return torch.ops.dstar.gemm(a, b, added)


def laid(shape, layout):
    """Standard normals (r, m, n), laid in memory in one of five ways."""
    r, m, n = shape
    match layout:
        case "rows":
            return torch.randn(r, m, n)
        case "columns":
            return torch.randn(r, n, m).mT
        case "part":  # of a longer row, as weights lie among all weights of a replica
            return torch.randn(r, m * n + 3)[:, 1 : 1 + m * n].view(r, m, n)
        case "wide rows":
            return torch.randn(r, m, n + 5)[:, :, 2 : 2 + n]
        case "every other":
            return torch.randn(r, 2 * m, 2 * n)[:, ::2, ::2]
    return torch.randn(1, m, n).expand(r, m, n)  # the same for all replicas


def check(a, b, added):
    """Each of k sums and products rounds once, and so does the last sum."""
    found, plain = multiply(a, b, added), torch.zeros(()) if added is None else added
    exact = torch.bmm(a.double(), b.double()) + plain
    sizes = torch.bmm(a.double().abs(), b.double().abs()) + plain.abs()
    assert found.shape == exact.shape
    assert found.is_contiguous()
    assert bool(((found - exact).abs() <= EPS * (a.shape[2] + 2) * sizes).all())


LAYOUTS = st.sampled_from(["rows", "columns", "part", "wide rows", "every other", "same"])
SIZES = st.integers(0, 19)


@given(st.integers(0, 3), SIZES, SIZES, SIZES, LAYOUTS, LAYOUTS, LAYOUTS, st.sampled_from("-1m"))
def test_it_is_the_product(r, m, k, n, of_a, of_b, of_added, rows):
    torch.manual_seed(0)
    r = max(r, 1) if "same" in (of_a, of_b, of_added) else r
    added = None if rows == "-" else laid((r, m if rows == "m" else 1, n), of_added)
    check(laid((r, m, k), of_a), laid((r, k, n), of_b), added)


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize(
    ("m", "k", "n"), [(130, 64, 64), (33, 300, 128), (3, 70, 600), (200, 1, 1), (1, 513, 65)]
)
def test_it_is_the_product_where_it_is_cut_into_blocks(m, k, n, layout):
    torch.manual_seed(0)
    for rows in (None, 1, m):
        added = rows and torch.randn(2, rows, n)
        check(laid((2, m, k), layout), laid((2, k, n), layout), added)


def test_factors_may_be_one_tensor():
    a = torch.randn(2, 5, 5)
    check(a, a.mT, a)


def test_what_is_not_finite_stays_so():
    """Divergence is found in the weights, so no product may drop a NaN, even times 0."""
    for shape in ((2, 3, 4), (2, 1, 4), (2, 64, 64)):
        a, b = torch.zeros(shape), torch.zeros(2, shape[2], shape[2])
        a[0, 0, 0] = torch.nan
        b[1, 0, 0] = torch.inf
        found = multiply(a, b)
        assert found[0, 0].isnan().all()
        assert found[1, :, 0].isnan().all()
        assert found[1, :, 1:].eq(0).all()


def test_a_product_does_not_depend_on_the_replicas_beside_it():
    a, b = torch.randn(7, 128, 64), torch.randn(7, 64, 64).mT
    whole = multiply(a, b)
    for r in range(7):
        assert torch.equal(whole[r : r + 1], multiply(a[r : r + 1], b[r : r + 1]))


def layers(x, w, v, c):
    """Two layers, the first one's gradients side by side as the optimizer reads them."""
    h = torch.tanh(torch.bmm(x, w.mT) + c)
    y = torch.bmm(h, v)
    slopes = torch.bmm(y, v.mT) * (1 - h * h)
    both = torch.bmm(slopes.mT, x) + torch.bmm(h.mT, 2 * x)
    return y, torch.cat([both.flatten(1), slopes.sum(1)], 1)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_traced_and_compiled_products_keep_their_values(compiled, monkeypatch):
    """Some 60 roundings, of sums whose terms are at most about 30."""
    monkeypatch.setattr(openblas, "suited", lambda: True)
    monkeypatch.setattr(openblas, "maker", lambda: "AuthenticAMD")
    given = [torch.randn(shape) for shape in ((3, 9, 4), (3, 5, 4), (3, 5, 2), (3, 1, 5))]
    f = trace(layers, *given, compiled=compiled)
    targets = [node.target for node in f.graph.nodes]
    assert torch.ops.dstar.gemm.default in targets
    assert not {aten.bmm.default, aten.baddbmm.default} & set(targets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = f(*given)
    exact = layers(*(t.double() for t in given))
    for made, known in zip(found, exact, strict=True):
        torch.testing.assert_close(made.double(), known, rtol=0, atol=60 * EPS * 30)


def test_other_numbers_and_wide_factors_are_left_to_torch(monkeypatch):
    monkeypatch.setattr(openblas, "suited", lambda: True)
    monkeypatch.setattr(openblas, "maker", lambda: "AuthenticAMD")
    for b in (torch.randn(1, 300, 300), torch.randn(1, 300, 3, dtype=torch.float64)):
        f = trace(torch.bmm, torch.randn(1, 2, 300, dtype=b.dtype), b)
        assert torch.ops.dstar.gemm.default not in [node.target for node in f.graph.nodes]


GEMM, ONEDNN = torch.ops.dstar.gemm.default, torch.ops.dstar.products.default


@pytest.mark.skipif(products.onednn is None, reason="this Torch has no oneDNN")
@pytest.mark.parametrize(
    ("maker", "small", "middle", "large"),
    [
        ("AuthenticAMD", GEMM, GEMM, ONEDNN),
        ("GenuineIntel", GEMM, aten.bmm.default, aten.bmm.default),
        ("HygonGenuine", *[aten.bmm.default] * 3),
        ("", *[aten.bmm.default] * 3),
    ],
)
def test_the_library_is_chosen_by_shape_and_processor(monkeypatch, maker, small, middle, large):
    """Right factors of 64 x 128, 128 x 128 and 300 x 300: 8,192, 16,384 and 90,000 elements."""
    monkeypatch.setattr(openblas, "suited", lambda: True)
    monkeypatch.setattr(openblas, "maker", lambda: maker)
    for k, n, chosen in ((64, 128, small), (128, 128, middle), (300, 300, large)):
        f = trace(torch.bmm, torch.randn(2, 128, k), torch.randn(2, k, n))
        met = {node.target for node in f.graph.nodes}
        assert met & {GEMM, ONEDNN, aten.bmm.default} == {chosen}


def test_without_a_compiler_one_line_says_so(monkeypatch, tmp_path):
    def missing(*_, **__):
        raise FileNotFoundError("no compiler\nand a long story")

    monkeypatch.setattr(openblas, "SOURCE", "// never built")
    monkeypatch.setattr(subprocess, "run", missing)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    with pytest.warns(UserWarning, match=r"^products by torch.bmm, and slower for it: .+$"):
        assert not openblas.loaded.__wrapped__()
