"""What the machine can do: the rates of a large matrix product and of a large copy."""

import time
from collections.abc import Callable

import torch


def best(work: Callable[[], object], device, seconds: float) -> float:
    """The least seconds of one call, over calls that together last so long."""
    work()
    least, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        work()
        if torch.device(device).type == "cuda":
            torch.cuda.synchronize(device)
        least = min(least, time.perf_counter() - start)
    return least


def rates(device, seconds: float) -> dict[str, float]:
    """GEMM in FLOP/s and copy in bytes/s, reads and writes both counted.

    gemm is the best float32 product that any library here has, in full precision; by name:
    gemm_torch is torch.mm, and on the CPU gemm_onednn and gemm_numpy stand beside it, for they
    may know the processor better than the one that torch.mm calls. The copied array is larger
    than any cache.
    """
    on_gpu = torch.device(device).type == "cuda"
    n, size = (8192, 1 << 28) if on_gpu else (2048, 1 << 25)
    a, b, c = (torch.rand(n, n, device=device) for _ in range(3))
    products = {"gemm_torch": lambda: torch.mm(a, b, out=c)}
    if not on_gpu:
        left, right = a.numpy(), b.numpy()
        products["gemm_numpy"] = lambda: left @ right
        if torch.backends.mkldnn.is_available():
            linear = torch.ops.mkldnn._linear_pointwise
            products["gemm_onednn"] = lambda: linear(a, b, None, "none", [], "")
    part = seconds / (len(products) + 1)
    found = {k: 2 * n**3 / best(product, device, part) for k, product in products.items()}
    source, target = torch.rand(size, device=device), torch.zeros(size, device=device)
    copy = best(lambda: target.copy_(source), device, part)
    return {"gemm": max(found.values()), **found, "copy": 2 * 4 * size / copy}
