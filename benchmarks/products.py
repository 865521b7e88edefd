"""Single products, ten replicas at a time, by each library that the engine chooses from.

    python -m benchmarks.products > benchmarks/results/products-<processor>.md

A layer y = x W' of B examples has three products: `y`, and the gradients `dx` = dy W and
`dw` = dy' x. Minima of CPU time, one thread; GFLOP/s. `chosen` is what the engine takes.
"""

import time

import torch

from benchmarks import machine
from pipeline.engine.graph import openblas

REPLICAS, SECONDS = 10, 0.05  # of each measurement
LIBRARIES = ("torch.bmm", "oneDNN", "OpenBLAS")
BATCHES = (64, 128, 256, 512)
LAYERS = (  # inputs, outputs
    (2, 64),
    (64, 1),
    (64, 2),
    (16, 64),
    (64, 64),
    (128, 64),
    (128, 128),
    (128, 256),
    (256, 256),
    (400, 784),
    (512, 1024),
)


def factors(batch: int, inputs: int, outputs: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """The two factors of each of a layer's products, as they lie in memory there."""
    x, dy = (torch.randn(REPLICAS, batch, size) for size in (inputs, outputs))
    w = torch.randn(REPLICAS, outputs, inputs)
    return {"y": (x, w.mT), "dx": (dy, w), "dw": (dy.mT, x)}


def least(work, seconds: float = SECONDS) -> float:
    """The least CPU seconds of a call."""
    work()
    found, calls, until = float("inf"), 1, time.process_time() + seconds
    while time.process_time() < until:
        start = time.process_time()
        for _ in range(calls):
            work()
        lasted = time.process_time() - start
        found = min(found, lasted / calls)
        calls = max(1, int(2e-3 / found))
    return found


def rates(a: torch.Tensor, b: torch.Tensor) -> dict[str, float]:
    """FLOP/s of a product by each library that is here."""
    onednn = getattr(torch.ops.mkldnn, "_linear_pointwise", None)

    def each():
        return [onednn(x, y.mT, None, "none", [], "") for x, y in zip(a, b, strict=True)]

    works = {"torch.bmm": lambda: torch.bmm(a, b)}
    if onednn:
        works["oneDNN"] = each
    if openblas.loaded():
        works["OpenBLAS"] = lambda: torch.ops.dstar.gemm(a, b)
    flops = 2 * a.numel() * b.shape[2]
    return {name: flops / least(work) for name, work in works.items()}


def main() -> None:
    """Prints the table."""
    torch.set_num_threads(1)
    cpu = machine.describe("cpu")["cpu"]
    print(f"{cpu}, Torch {torch.__version__}, {REPLICAS} replicas, GFLOP/s\n")
    print("| batch | layer | product | torch.bmm | oneDNN | OpenBLAS | chosen |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | --- |")
    for batch in BATCHES:
        for layer in LAYERS:
            for name, (a, b) in factors(batch, *layer).items():
                found = rates(a, b)
                told = [f"{found[n] / 1e9:.0f}" if n in found else "" for n in LIBRARIES]
                suits = openblas.suits(*b.shape[1:])
                row = [str(batch), f"{layer[0]}-{layer[1]}", name, *told]
                print("|", " | ".join([*row, "OpenBLAS" if suits else "Torch"]), "|")


if __name__ == "__main__":
    main()
