"""The engine of the study: R replicas in one process."""

import torch

from benchmarks.contenders import Racer, seconds_of
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK, Integers
from pipeline.engine.training import Training

missing = None


def plays(workload) -> bool:
    return True


def prepare(workload, x, device, replicas: int = 1, compiled: bool = False) -> Racer:
    """The engine at round 0."""
    data = {"x": torch.from_numpy(x).to(device)}
    ensemble = Ensemble(workload.model, range(replicas), device)
    training = Training(
        ensemble, data, workload.batch, optimizer("adam", **workload.adam), compiled=compiled
    )
    steps = [p for p in workload.model.players() for _ in range(p.steps)]
    count = (BLOCK, workload.batch)

    def play(rounds):
        for _ in training.play(training.round + rounds):
            pass
        if training.ensemble.device.type == "cuda":
            torch.cuda.synchronize(device)

    def data_block():
        for _ in steps:
            distribution = {"index": Integers(len(x))}
            index = ensemble.noise(distribution, count, "benchmark")["index"]
            for within in range(BLOCK):
                data["x"][index[:, within]]

    def noise_block():
        for player in steps:
            ensemble.noise(player.noise, count, "benchmark")

    return Racer(
        play,
        replicas,
        data=lambda: seconds_of(data_block, device) / BLOCK,
        noise=lambda: seconds_of(noise_block, device) / BLOCK,
    )
