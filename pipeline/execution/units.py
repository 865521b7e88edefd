"""Runs as units of work, identified by a fingerprint of all that determines their result.

A unit's fingerprint is the SHA-256 of its resolved params, the digest of its data and its code
hash. Its folder is work/<fingerprint>/. That is outside DVC's outs, which DVC deletes before a
stage starts, and independent of the run's name, so that two experiments that share a run train it
once. Whether a unit is done is decided by pipeline/execution/done.py.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.datasets import given
from pipeline.execution.code_hash import training_code
from pipeline.execution.device import device_of
from pipeline.results import lock, schema
from pipeline.results.files import digest
from pipeline.study import cluster, reader, validation
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Run, Study

COLD = 5.0  # s that compiling takes, without a cache, beyond tracing: 1 to 4.5 were measured
PER_ROUND, PER_OUTPUT = 450e-6, 1.2e-9  # s that compiled rounds are shorter by (`compiled`)
REPAID = 50_000  # rounds of convolutional networks
WAIT = 3600  # seconds that a trainer waits for another one that trains the same unit
_code = cache(training_code)  # 40 ms: a study has many runs and few models


@dataclass(frozen=True, eq=False)
class Unit:
    """One run, and all that determines its result."""

    experiment: str
    name: str
    run: Run
    dataset: Any  # of pipeline/datasets
    data_digest: str
    code: str
    device: str
    threads: int
    chunk: int
    compiled: bool

    @property
    def label(self) -> str:
        return f"{self.experiment}.{self.name}"

    @property
    def replicas(self) -> int:
        return len(self.run.train.seeds)

    @property
    def rows(self) -> slice:
        """Which of the run's replicas are trained: all, but for a part of a unit."""
        return slice(0, self.replicas)

    @property
    def record(self) -> dict:
        """All that determines the result, as JSON; run.json is this and further findings."""
        return {
            "format": schema.Record.format,  # a new number retrains everything
            "code": self.code,
            "model": self.run.model,
            "arguments": self.run.arguments,
            "data": {
                "name": self.run.data,
                "digest": self.data_digest,
                **given(self.dataset),
            },
            "train": self.run.train.model_dump(mode="json"),
            "device": self.device,
            "threads": self.threads,
            "chunk": self.chunk,
            "compiled": self.compiled,
        }

    @property
    def fingerprint(self) -> str:
        text = json.dumps(self.record, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def folder(self) -> Path:
        return place(self.fingerprint)


def place(fingerprint: str) -> Path:
    """A unit's folder in the work store, which is $DSTAR_WORK, or work/ beside dvc.yaml."""
    store = os.environ.get("DSTAR_WORK") or Path(os.environ.get("DVC_ROOT", "."), "work")
    return Path(store, fingerprint)


def compiled(wanted: str, device: str, run: Run, dataset: Any) -> bool:
    """Whether a run is compiled, as `compile` of params.yaml says.

    auto: always on a GPU; on a CPU where  rounds (PER_ROUND + PER_OUTPUT n) >= COLD,  n: the
    outputs of all linear layers that a round computes, of all replicas. A rule, not a stopwatch:
    compiled and traced runs differ in their low digits. In 15 of 16 runs of 1 to 32 replicas a
    compiled round was shorter by 1.0 to 2.4 times that, in one by 0.7 times
    (benchmarks/results/compile-amd-epyc-zen-4.md). Convolutional networks were not measured; they
    are compiled from REPAID rounds.
    """
    if wanted != "auto" or device != "cpu":
        return wanted != "never"
    outputs = _outputs(run, dataset)
    if outputs is None:
        return run.train.rounds >= REPAID
    return run.train.rounds * (PER_ROUND + PER_OUTPUT * outputs) >= COLD


def _outputs(run: Run, dataset: Any) -> int | None:
    """Outputs of all linear layers in a round of all replicas; None where a layer convolves."""
    import torch
    from torch import nn

    from pipeline import models

    model = models.build(run.model, run.arguments, dataset)
    with torch.random.fork_rng(devices=[]):
        layers = [layer for net in model.networks().values() for layer in net.modules()]
    if any(isinstance(layer, nn.modules.conv._ConvNd) for layer in layers):
        return None
    units = sum(layer.out_features for layer in layers if isinstance(layer, nn.Linear))
    examples = run.train.batch * sum(player.steps for player in model.players())
    return len(run.train.seeds) * examples * units


def units(settings: Study, experiment: str) -> list[Unit]:
    """The units of one experiment, in the order of params.yaml."""
    if experiment not in settings.experiments:
        hint = validation.allowed(experiment, settings.experiments)
        raise StudyError(f"{reader.FILE}: experiment {experiment!r} is unknown{hint}")
    # The nodes of a cluster may have GPUs where this machine has none.
    there = settings.device == "cuda" and cluster.address(settings)
    device = "cuda" if there else device_of(settings.device)
    found = []
    for name, run in settings.experiments[experiment].runs.items():
        file = Path("data", f"{run.data}.npz")
        if not file.is_file():
            raise StudyError(f"{file}: no such file; run `python -m pipeline prepare`", DATA)
        found.append(
            Unit(
                experiment=experiment,
                name=name,
                run=run,
                dataset=settings.data[run.data],
                data_digest=digest(file),
                code=_code(run.model, device),
                device=device,
                threads=settings.threads,
                chunk=settings.chunk,
                compiled=compiled(settings.compile, device, run, settings.data[run.data]),
            )
        )
    return found


@contextmanager
def alone(unit: Unit) -> Iterator[None]:
    """Locks the unit's folder, so that one trainer at a time works in it.

    The lock ends with the process, however that ends, so a folder cannot stay locked.
    """

    def tell() -> None:
        print(f"{unit.label}: another process trains this run; waiting", flush=True)

    with lock.alone(unit.folder / "lock", WAIT, tell):
        yield
