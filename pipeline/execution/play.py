"""What of a unit's work decides the bytes of its result, and nothing else.

How a training begins, which rounds are logged and kept, how a number is written, what is sampled
at the end: the hash of a run's code covers this file and all that it imports
(pipeline/execution/code_hash.py: training_code). Files, checkpoints, signals and progress are the
worker's (pipeline/execution/worker.py), and may change without training anything anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Report, Training
from pipeline.results import data as prepared

HEADER = "round,player,term,replica,value\n"  # of curves.csv


def examples(unit: Any) -> dict[str, np.ndarray]:
    """The training split of a unit's data: x, (N, features), and label, (N,)."""
    return prepared.load(unit.run.data, unit.dataset)["train"]


def begin(unit: Any, data: Mapping[str, np.ndarray]) -> Training:
    """A unit's training at round 0. data: its examples."""
    block, device = unit.run.train, torch.device(unit.device)
    model = models.build(unit.run.model, unit.run.arguments, unit.dataset)
    return Training(
        Ensemble(model, block.seeds, device),
        {name: torch.from_numpy(array).to(device) for name, array in data.items()},
        block.batch,
        optimizer(**block.optimizer.model_dump(exclude={"final"})),
        unit.chunk,
        unit.compiled,
        falling(block.rounds, block.optimizer.final),
    )


def falling(rounds: int, final: float) -> Callable[[int], float]:
    """The share of the learning rate at each round: from 1 in a straight line to `final`."""
    return lambda played: 1 - (1 - final) * played / max(rounds - 1, 1)


def snapshots_of(rounds: int, parts: int) -> list[int]:
    """The rounds at whose ends weights are kept: 0, and the end of each of so many parts."""
    return sorted({rounds * k // parts for k in range(parts + 1)}) if parts else []


def is_logged(played: int, every: int) -> bool:
    """Whether a round is in curves.csv: the first, and one in so many."""
    return played == 1 or played % every == 0


def rows(played: int, report: Report) -> str:
    """The lines of curves.csv for one round."""
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


def samples(training: Training, count: int) -> dict[str, np.ndarray]:
    """What samples.npz holds: x, so many examples of each settled replica, (R, count, ...)."""
    return {"x": training.ensemble.sample(count, "sample").cpu().numpy()}
