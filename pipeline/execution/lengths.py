"""How long a unit will train: the longest are begun first, so that none is the last, alone.

    seconds = rounds × replicas × pace

The pace is that of the run of this name when it was last trained here, whatever its settings were
(work/paces.json), else its arithmetic:

    pace = SECOND × batch × Σ_players steps × (Σ_weights uses + 2000)

A weight is used once an example, that of a convolution at a quarter of the pixels. Of 78 runs of
ten models the arithmetic is within a factor of two for 68, and its rank correlation with the
seconds that they took is 0.80; a penalty on a gradient costs two to four times what it says.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import torch

from pipeline import models
from pipeline.execution import times
from pipeline.execution.units import Unit
from pipeline.results.files import read_json, write_json
from pipeline.study.errors import StudyError

SECOND = 2.5e-10
LEAST = 2000  # uses of a weight an example that a step of the smallest networks costs as well
Paces = Mapping[str, float]


def file() -> Path:
    return Path(os.environ.get("DVC_ROOT", "."), "work", "paces.json")


def paces() -> dict[str, float]:
    """Seconds a round and replica of each run, by label, when it was last trained here."""
    try:
        return {str(label): float(pace) for label, pace in read_json(file()).items()}
    except (StudyError, AttributeError, TypeError, ValueError):
        return {}


def note(unit: Unit) -> None:
    """Keeps the pace of a unit that has been trained."""
    if spent := times.training_seconds(unit.folder):
        write_json(file(), paces() | {unit.label: spent / _replica_rounds(unit)})


def seconds(unit: Unit, known: Paces) -> float:
    """How long a unit will train, about. known: from paces()."""
    return _replica_rounds(unit) * (known.get(unit.label) or _pace(unit))


def _replica_rounds(unit):
    return unit.run.train.rounds * len(unit.run.train.seeds)


def _pace(unit):
    model = models.build(unit.run.model, unit.run.arguments, unit.dataset)
    with torch.device("meta"):  # sizes, and no numbers
        weights = [w for net in model.networks().values() for w in net.parameters()]
    pixels = max(1, unit.dataset.features // 4)
    uses = sum(w.numel() * (pixels if w.dim() == 4 else 1) for w in weights)
    steps = sum(player.steps for player in model.players())
    return SECOND * unit.run.train.batch * steps * (uses + LEAST)
