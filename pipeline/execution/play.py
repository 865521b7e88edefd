"""What of a unit's work decides the bytes of its result, and nothing else.

How a training begins, which rounds are logged and kept, how a number is written, what is sampled
at the end: the hash of a run's code covers this file and all that it imports
(pipeline/execution/code_hash.py: training_code). Files, checkpoints, signals and progress are the
worker's (pipeline/execution/worker.py), and may change without training anything anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from pipeline import models
from pipeline.engine.ensemble import Ensemble, Report
from pipeline.engine.optimizers import optimizer
from pipeline.engine.schedules import scheduled
from pipeline.engine.training import Training
from pipeline.results import data as prepared

HEADER = "round,player,term,replica,value\n"  # of curves.csv


def examples(unit: Any) -> dict[str, dict[str, np.ndarray]]:
    """A unit's data by pool, "train" among them: x, (N, features), and label, (N,), of each."""
    return prepared.load(unit.run.data, unit.dataset)


def begin(unit: Any, data: Mapping[str, Mapping[str, np.ndarray]]) -> Training:
    """A unit's training at round 0. data: its examples, by pool."""
    block, device = unit.run.train, torch.device(unit.device)
    model = models.build(unit.run.model, unit.run.arguments, unit.dataset)
    drawn = {"train", *(pool for player in model.players() for pool in player.draws.values())}
    pools = {
        pool: {name: torch.from_numpy(array).to(device) for name, array in data[pool].items()}
        for pool in drawn
    }
    return Training(
        Ensemble(model, block.seeds, device),
        pools.pop("train"),
        block.batch,
        optimizer(**scheduled(block.optimizer, block.rounds)),
        unit.chunk,
        unit.compiled,
        rounds=block.rounds,
        pools=pools,
        decay=block.average or 0.0,
        own={n: optimizer(**scheduled(o, block.rounds)) for n, o in block.players.items()},
    )


def snapshots_of(rounds: int, count: int) -> list[int]:
    """The rounds at whose ends weights are kept: 0, and the end of each of so many stretches."""
    return sorted({rounds * k // count for k in range(count + 1)}) if count else []


def is_logged(played: int, every: int) -> bool:
    """Whether a round is in curves.csv: the first, and one in so many."""
    return played == 1 or played % every == 0


def rows(played: int, report: Report) -> str:
    """The lines of curves.csv for one round; nan for a replica that stands still."""
    return "".join(
        f"{played},{player},{term},{replica},{value:.9g}\n"
        for player, terms in report.items()
        for term, values in terms.items()
        for replica, value in enumerate(values.tolist())
    )


def weights(training: Training) -> dict[str, np.ndarray]:
    """ "network/parameter": array of every replica, (R, ...), buffers included."""
    return {
        f"{network}/{name}": tensor.detach().cpu().numpy()
        for network, tensors in training.ensemble.state.items()
        for name, tensor in tensors.items()
    }


def settled(training: Training) -> dict[str, np.ndarray]:
    """The weights, with buffers as sampling needs them."""
    training.ensemble.settle()
    return weights(training)


def stacked(
    rounds: Sequence[int], snapshots: Sequence[Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """What snapshots.npz holds: "network/parameter": (M, R, ...), and round, (M,)."""
    return {"round": np.array(rounds)} | {
        name: np.stack([kept[name] for kept in snapshots]) for name in snapshots[0]
    }


def results(training: Training, count: int) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """The files of weights and of samples at the end of a training, each to be written at once.

    count: examples by each replica, of a model that samples, x (R, count, ...). Where an average
    is kept, it takes the weights' place in the training: its samples are `average`.
    """
    samples = {}
    for file, name in (("weights.npz", "x"), ("average.npz", "average")):
        if name == "average" and not training.average:
            continue
        if name == "average":
            training.use_average()
        yield file, settled(training)
        if hasattr(training.ensemble.model, "sample"):
            samples[name] = training.ensemble.sample(count, "sample").cpu().numpy()
    if samples:
        yield "samples.npz", samples


def boxes(training: Training) -> dict[str, np.ndarray]:
    """What diverged.npz holds: what the last step of each replica that stands still saw."""
    return {
        f"{replica}/{name}": tensor.cpu().numpy()
        for replica, divergence in training.diverged.items()
        for name, tensor in divergence.box.items()
    }
