"""What a likelihood by importance sampling costs, per image and draw, with the study's networks.

    python -m benchmarks.evaluation [--replicas 3] [--draws 30]

For each run of the study of MNIST with latents: core-seconds of log w of one image at one draw, by
plain calls and as the metric has it, traced and compiled, where what does not depend on the draw
is computed once (pipeline/engine/repeated.py); and what 10,000 images at 500 draws then cost a
replica. Weights are those before the first round: the time of a product does not depend on them.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.machine import describe
from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.repeated import Repeated
from pipeline.metrics import at_once
from pipeline.models import roles
from pipeline.stages import check

IMAGES, DRAWS = 10_000, 500  # of the test set, and for each


def weight(model: Any, net: Any, given: Any, noise: Any) -> Any:
    x, seen = given
    return model.log_weight(net, {"x": x}, noise | seen)


def cost(call: Callable[[Any], Any], noises: list[Any], numbers: int) -> float:
    """Core-seconds of a call per image, draw and replica: the least of three passes."""
    call(noises[0])
    times = []
    for _ in range(3):
        began = time.process_time()
        for noise in noises:
            call(noise)
        times.append(time.process_time() - began)
    return min(times) / len(noises) / numbers


def row(model: Any, replicas: int, draws: int) -> tuple[float, float, float]:
    """Plain, traced and compiled cost of a model's draws."""
    ensemble = Ensemble(model, range(replicas))
    n = at_once(model.features, {})
    rng = torch.Generator().manual_seed(0)
    x, pixel = torch.rand(2, n, model.features, generator=rng)
    given = 2 * x - 1, {"pixel": pixel}
    noises = [ensemble.noise(model.posterior(), (n,), "benchmark", b) for b in range(draws)]

    def plain(noise: Any) -> Any:
        return ensemble.each(lambda net, noise: weight(model, net, given, noise), noise)

    found = [cost(plain, noises[:3], n * replicas)]
    for compiled in (False, True):
        passes = Repeated(ensemble, weight, given, noises[0], compiled)
        found.append(cost(passes, noises, n * replicas))
    return found[0], found[1], found[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation")
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--draws", type=int, default=30)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    study, here = check.study("mnist/params.yaml"), describe("cpu")
    print(f"{here['cpu']}, Torch {here['versions']['torch']}, one core, load {here['load']}\n")
    print("| run | plain, us | traced | compiled | 10,000 images x 500 draws, core-s a replica |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for e, experiment in study.experiments.items():
        for r, run in experiment.runs.items():
            model = models.build(run.model, run.arguments, study.data[run.data])
            if "nll" in experiment.metrics and not roles.lacking(model, [roles.LatentVariable]):
                us = [1e6 * seconds for seconds in row(model, asked.replicas, asked.draws)]
                whole = us[-1] * IMAGES * DRAWS / 1e6
                cells = " | ".join(f"{u:.1f}" for u in us)
                print(f"| {e}.{r} | {cells} | {whole:.0f} |", flush=True)


if __name__ == "__main__":
    main()
