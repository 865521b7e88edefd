"""Wide products in float32 by oneDNN on a CPU.

oneDNN is tuned for processors that the library behind `torch.bmm` does not know: on an AMD EPYC it
is 1.4 to 2.3 times as fast from 64 x 128 x 256 upwards. For smaller products, ten calls in place
of one batched call cost more than that gains. On an Intel Xeon the other library is the faster at
every size (a round of the ring's GAN takes 1.1 ms by it, 2.0 by oneDNN), and multiplies there.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor

onednn: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)

torch.library.define("dstar::products", "(Tensor a, Tensor b, Tensor? bias=None) -> Tensor")


@torch.library.impl("dstar::products", "CPU")
def products(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """A_r B_r + c_r for each r.

    a: (R, m, k). b: (R, k, n). bias: c, (R, 1, n).
    Returns shape (R, m, n).
    """
    cs = [None] * len(a) if bias is None else bias[:, 0]
    each: Iterator[Tensor] = (
        onednn(x, y.mT, c, "none", [], "") for x, y, c in zip(a, b, cs, strict=True)
    )
    if len(a) == 1:
        return next(each)[None]
    out = a.new_empty(a.shape[0], a.shape[1], b.shape[2])
    for row, made in zip(out, each, strict=True):
        row.copy_(made)
    return out


def _shaped(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    return a.new_empty(a.shape[0], a.shape[1], b.shape[2])


torch.library.register_fake("dstar::products", _shaped)


@cache
def lower() -> None:
    """Lets compiled code call oneDNN directly for a single replica: 16 us per product, not 36."""
    from torch._inductor import ir, lowering
    from torch._inductor.mkldnn_ir import LinearUnary

    operation = torch.ops.dstar.products.default
    several = lowering.fallback_handler(operation)

    def lowered(a: Any, b: Any, bias: Any = None) -> Any:
        if a.get_size()[0] != 1:
            return several(a, b, bias)
        x, w = (lowering.select(t, 0, 0) for t in (a, b))
        given = [x, lowering.permute(w, [1, 0])]
        if bias is not None:
            given.append(lowering.select(lowering.select(bias, 0, 0), 0, 0))
        size = [a.get_size()[1], b.get_size()[2]]
        layout = ir.FixedLayout(device=a.get_device(), dtype=a.get_dtype(), size=size)
        settings = [*[None] * (bias is None), "none", [-1], ""]
        taken = [ir.ExternKernel.realize_input(t) for t in given]
        # oneDNN would copy what is not contiguous; making it so at its source saves 2 % a round.
        taken[0] = ir.ExternKernel.require_contiguous(taken[0])
        made = LinearUnary(layout, taken, settings)
        return lowering.unsqueeze(ir.TensorBox.create(made), 0)

    lowering.register_lowering(operation, type_promotion_kind=None)(lowered)
