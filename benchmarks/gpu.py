"""The engine on a GPU: does it agree with the CPU, and how fast is it? One command, five minutes.

    python -m benchmarks.gpu [--device cuda] [--quick] [--out FILE]

For a bare machine: Python 3.12, Torch 2.11 or later and NumPy (benchmarks/bare.py) are enough;
neither DVC nor MLflow nor a network is needed. It

    agrees    trains every model 50 rounds on the device and on the CPU, ten replicas each: their
              loss terms, with other random numbers, agree to FAR standard errors. Eight models are
              captured, and have the bytes of rounds that are not
    resumes   one training in equal bytes
    races     an eager loop, the engine, and captured blocks, at R = 1, 10, 50
    studies   the notes' study of the latent's size on MNIST, 50 replicas, from 2,000 rounds
              of each of its five games to 99,000

and writes one JSON with the shares of the device's product rate and memory rate. With --device cpu
it does the same without a GPU, where nothing is captured: for tests.
"""

import argparse
import json
import math
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import bare

MISSING = bare.stand_ins()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks import counts, machine, rates, zoo  # noqa: E402
from benchmarks.contenders import memory  # noqa: E402
from benchmarks.games import Dcgan, MlpGan  # noqa: E402
from pipeline.engine import capture  # noqa: E402
from pipeline.engine.ensemble import Ensemble  # noqa: E402
from pipeline.engine.optimizers import optimizer  # noqa: E402
from pipeline.engine.randomness import BLOCK  # noqa: E402
from pipeline.engine.training import Training  # noqa: E402
from pipeline.models import gan, vae  # noqa: E402

ROUNDS, LAST, SEEDS, FAR = 50, 10, 10, 5.0
CAPTURED = ("gan", "vae", "vamp_vae", "wgan_gp", "sn_gan", "dcgan", "diffusion", "progressive_gan")
REPLICAS = (1, 10, 50)
LATENTS, NOTES, TRIED, LOGGED = (100, 50, 10, 2, 1), 99_000, 2_000, 200
ADAM: dict[str, Any] = {"lr": 2e-4, "betas": (0.5, 0.999)}
BARS = {"over_eager": (30.0, 50.0), "latent_study_s": (300.0, 120.0)}  # bar, aim


class Workload(NamedTuple):
    """A game, its batch and Adam: what benchmarks/contenders/memory.py asks of one."""

    name: str
    kind: str
    model: Any
    batch: int
    adam: dict[str, Any]

    def plain(self) -> Any:
        """The model with its networks written the usual way."""
        changed = {"folded": False} if hasattr(self.model, "folded") else {}
        return type(self.model)(**vars(self.model) | changed)


WORKLOADS = (
    Workload("mlp_gan", "gan", MlpGan(features=784, latent=100), 64, ADAM),
    Workload(
        "mlp_vae",
        "vae",
        vae.Model(features=784, latent=20, width=400, likelihood="bernoulli", grey=True),
        128,
        {"lr": 1e-3, "betas": (0.9, 0.999)},
    ),
    Workload("dcgan", "gan", Dcgan(features=784, latent=100), 64, ADAM),
    Workload("ring", "gan", gan.Model(features=2, latent=2, width=128), 128, ADAM),
)


def played(training: Training, rounds: int) -> dict[str, list[float]]:
    """Plays to a round. Returns the mean of each term over the last rounds, per replica."""
    reports = list(training.play(rounds))[-LAST:]
    return {
        f"{player}/{term}": torch.stack([r[player][term] for r in reports]).mean(0).tolist()
        for player, terms in reports[-1].items()
        for term in terms
    }


def on_cpu(name: str) -> dict[str, list[float]]:
    """The ends of a small training on the CPU."""
    torch.set_num_threads(1)
    return played(zoo.begun(name, range(SEEDS), "cpu", ROUNDS), ROUNDS)


def state(training: Training) -> dict[str, torch.Tensor]:
    """Copies of all that a round changes."""
    return {
        f"{i}/{name}": tensor.clone()
        for i, chunk in enumerate(training.chunks)
        for name, tensor in chunk.live().items()
    }


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def apart(ours: list[float], theirs: list[float]) -> float:
    """The distance of two means in standard errors; rounding of a part in 10^4 is none."""
    a, b = np.array(ours), np.array(theirs)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 0.0 if (np.isfinite(a) == np.isfinite(b)).all() else math.inf
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return float(abs(a.mean() - b.mean()) / (error + 1e-4 * abs(b.mean()) + 1e-6))


def agrees(names: tuple[str, ...], device: str) -> dict[str, Any]:
    """Each model on the device and on the CPU, which trains in processes beside it."""
    found: dict[str, Any] = {}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, machine.cores() - 1), spawn) as pool:
        known = {name: pool.submit(on_cpu, name) for name in names}
        for name in names:
            try:
                graph = capture.CudaGraph if name in CAPTURED and device != "cpu" else None
                training = capture.use(zoo.begun(name, range(SEEDS), device, ROUNDS), graph)
                ends = played(training, ROUNDS)
                far = max(apart(v, known[name].result()[k]) for k, v in ends.items())
                row: dict[str, Any] = {"standard_errors": round(far, 2), "agrees": far <= FAR}
                if graph:
                    plain = capture.use(zoo.begun(name, range(SEEDS), device, ROUNDS), None)
                    played(plain, ROUNDS)
                    row["captured"] = any(chunk.captured for chunk in training.chunks)
                    row["equal_bytes"] = same(state(training), state(plain))
            except Exception as error:  # one model that fails is a finding, not the end
                row = {"agrees": False, "error": f"{type(error).__name__}: {error}"[:300]}
            found[name] = row
            _tell(name, row)
    return found


def resumes(device: str) -> bool:
    """Whether a training that stops within a block goes on to equal bytes."""
    graph = None if device == "cpu" else capture.CudaGraph
    rounds, stop = 5 * BLOCK, 2 * BLOCK + 5

    def begin() -> Training:
        return zoo.begun("gan", range(SEEDS), device, rounds)

    whole = capture.use(begin(), graph)
    played(whole, rounds)
    first = capture.use(begin(), graph)
    played(first, stop)
    kept, second = state(first), begin()
    for i, chunk in enumerate(second.chunks):
        for name, tensor in chunk.live().items():
            tensor.copy_(kept[f"{i}/{name}"])
    second.restored(stop, {})
    capture.use(second, graph)
    played(second, rounds)
    return same(state(whole), state(second))


def engine(workload: Workload, x: np.ndarray, device: str, replicas: int, graph: Any, fast: bool):
    """R replicas of a workload. fast: whether its steps are compiled."""
    data = {"x": torch.from_numpy(x).to(device)}
    ensemble = Ensemble(workload.model, range(replicas), device)
    adam = optimizer("adam", **workload.adam)
    return capture.use(Training(ensemble, data, workload.batch, adam, compiled=fast), graph)


def rate(play: Any, seconds: float) -> float:
    """Rounds a second; play: of so many rounds, to their very end."""
    play(3 * BLOCK)
    rounds, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        play(4 * BLOCK)
        rounds += 4 * BLOCK
    return rounds / (time.perf_counter() - began)


def advancing(training: Training, device: str) -> Any:
    """Plays rounds as the worker does on a GPU: looked at once in some hundred rounds."""

    def play(rounds: int) -> None:
        stop = training.round + rounds
        while training.round < stop:
            training.advance(min(stop, training.round - training.round % BLOCK + BLOCK))
        training.reports()
        if device != "cpu":
            torch.cuda.synchronize()

    return play


def races(workloads: tuple[Workload, ...], device: str, replicas: Any, seconds: float) -> Any:
    """Replica-rounds a second of each contender, and their shares of what the device can do."""
    can = rates.rates(device, 4 * seconds)
    found: dict[str, Any] = {"gemm_flops": can["gemm"], "copy_bytes": can["copy"]}
    for workload in workloads:
        x = np.random.default_rng(0).random((10_000, workload.model.features), np.float32) * 2 - 1
        needed = counts.work(workload)
        rows = found[workload.name] = {}
        each: dict[str, Any] = {"eager R=1": (1, memory.prepare(workload, x, device).play)}
        for r in replicas:
            kinds = {"engine": (None, False)}
            if device != "cpu":
                kinds["captured"] = (capture.CudaGraph, False)
                if (workload.name, r) == ("mlp_gan", max(replicas)):
                    kinds["compiled, captured"] = (capture.CudaGraph, True)
            for kind, how in kinds.items():
                each[f"{kind} R={r}"] = (r, (workload, x, device, r, *how))
        for name, (r, play) in each.items():
            try:
                ready = play if callable(play) else advancing(engine(*play), device)
                speed = r * rate(ready, seconds)
            except Exception as error:
                rows[name] = {"error": f"{type(error).__name__}: {error}"[:300]}
            else:
                rows[name] = {
                    "replica_rounds_per_s": round(speed, 1),
                    "share_of_products": round(speed * needed.flops / can["gemm"], 4),
                    "share_of_memory": round(speed * needed.bytes / can["copy"], 4),
                }
            _tell(f"{workload.name}, {name}", rows[name])
    return found


def studies(device: str, tried: int) -> dict[str, Any]:
    """Seconds of the latent study's 50 replicas at the notes' rounds, from `tried` of each."""
    x = np.random.default_rng(0).random((50_000, 784), np.float32) * 2 - 1
    graph, total = None if device == "cpu" else capture.CudaGraph, 0.0
    for latent in LATENTS:
        model = gan.Model(features=784, latent=latent, width=256, output="tanh")
        workload = Workload("", "gan", model, 32, ADAM)
        play = advancing(engine(workload, x, device, 10, graph, False), device)
        play(3 * BLOCK)
        began = time.perf_counter()
        for _ in range(0, tried, LOGGED):
            play(min(LOGGED, tried))
        total += (time.perf_counter() - began) * NOTES / tried
    return {"latent_study_s": round(total, 1), "rounds": NOTES, "from_rounds": tried}


def verdict(races: dict[str, Any], study: dict[str, Any]) -> dict[str, Any]:
    """The bars of this machine: what was reached, the bar, the aim."""
    rows = races.get("mlp_gan", {})
    speed = {n: r.get("replica_rounds_per_s", 0.0) for n, r in rows.items()}
    most = max(REPLICAS)
    best = max((v for n, v in speed.items() if n.endswith(f"R={most}")), default=0.0)
    eager = speed.get("eager R=1") or math.inf
    reached = {"over_eager": round(best / eager, 1), **study}
    return {
        name: {"reached": reached[name], "bar": bar, "aim": aim}
        for name, (bar, aim) in BARS.items()
    }


def _tell(name: str, row: Any) -> None:
    print(f"{name}: {json.dumps(row)}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="few models, few rounds: for tests")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    if asked.device == "cuda" and not torch.cuda.is_available():
        print("benchmarks.gpu: no CUDA device is here; allowed: --device cpu", file=sys.stderr)
        return 2
    began, device = time.perf_counter(), asked.device
    torch.backends.cudnn.deterministic = True
    names = ("gan", "vae") if asked.quick else tuple(zoo.SMALL)
    workloads = WORKLOADS[-1:] if asked.quick else WORKLOADS
    found: dict[str, Any] = {"machine": machine.describe(device), "stand_ins": MISSING}
    found["agrees"] = agrees(names, device)
    found["resumes_in_equal_bytes"] = resumes(device)
    replicas = REPLICAS[:2] if asked.quick else REPLICAS
    found["races"] = races(workloads, device, replicas, 0.05 if asked.quick else 1.0)
    study = studies(device, BLOCK if asked.quick else TRIED)
    found["latent_study"], found["bars"] = study, verdict(found["races"], study)
    found["seconds"] = round(time.perf_counter() - began, 1)
    out = asked.out or Path("benchmarks", "results", f"gpu-{machine.slug(found['machine'])}.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    _tell("bars", found["bars"])
    print(f"{out}: {found['seconds']} s, {os.path.getsize(out):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
