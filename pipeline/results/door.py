"""Loading a trained run from Python, for use elsewhere.

    from pipeline import load
    run = load("digits/gan")            files of runs/ and reports/ are read, nothing is trained
    run.sample(16, seed=3)              examples by the replica of one seed, (16, features)
    run.weights, run.metrics, run.seeds, run.record
    run.module(seed=3)                  the networks of that replica, an ordinary nn.Module

Only the record and the weights of the run are needed: data and params.yaml may have changed since.
Weights are arrays; nothing is unpickled.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline import models
from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import draw
from pipeline.results import schema
from pipeline.results.files import read_npz
from pipeline.results.schema import Metric
from pipeline.study import reader, validation
from pipeline.study.errors import DATA, StudyError


class Replica(nn.Module):
    """The networks of one replica as an nn.Module, each under its name."""

    def __init__(self, game: Any, weights: Mapping[str, Tensor]):
        """game: a Model of pipeline/models. weights: "network.parameter", buffers included."""
        super().__init__()
        self.game = game
        with torch.random.fork_rng(devices=[]):  # initial weights are overwritten
            for name, network in game.networks().items():
                self.add_module(name, network)
        own = dict(self.named_parameters()) | dict(self.named_buffers())
        if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in weights.items()}:
            raise ValueError("weights of other networks")
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(weights[name])

    def forward(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Generated examples, (B, features). noise: draws of what prior() names, (B, ...) each."""
        networks = dict(self.named_children())
        state = {
            name: dict(network.named_parameters()) | dict(network.named_buffers())
            for name, network in networks.items()
        }
        return self.game.sample(Nets(networks, state), noise)


class Run:
    """A trained run."""

    def __init__(self, run: str, root: Path | str = "."):
        """run: "experiment/run". root: the folder of the study, with params.yaml and runs/."""
        experiment, _, name = run.partition("/")
        self.label, self.root = run, Path(root)
        self.experiment, self.name = experiment, name
        self.folder = self.root / "runs" / experiment / name
        if not (experiment and name and (self.folder / "run.json").is_file()):
            raise StudyError(_missing(self.root, self.folder, run, experiment, name), DATA)
        self.record = schema.read(schema.Record, self.folder / "run.json")
        self.seeds: list[int] = self.record.train.seeds
        self.game = models.build(self.record.model, self.record.arguments, self.record.data)

    def __repr__(self) -> str:
        return f"load({self.label!r}): {self.record.model}, {len(self.seeds)} replicas"

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """ "network/parameter": array of every replica in the order of seeds, (R, ...)."""
        return read_npz(self.folder / "weights.npz")

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """The measured metrics by name: values per replica, mean, low, high, reference value."""
        path = self.root / "reports" / "metrics" / f"{self.experiment}.json"
        runs = schema.read(schema.Measurements, path).runs if path.is_file() else {}
        found = runs.get(self.name)
        if found is None or found.fingerprint != self.record.fingerprint:
            raise StudyError(
                f"{path}: {self.label} as it stands in runs/ is not measured yet; "
                f"run `dvc repro evaluate@{self.experiment}`",
                DATA,
            )
        return found.metrics

    def module(self, seed: int) -> Replica:
        """The networks of the replica that was trained with a seed."""
        return self._at(self._row(seed))

    def _at(self, row: int) -> Replica:
        try:
            return Replica(self.game, of_row(self.weights, row))
        except ValueError as error:
            raise StudyError(f"{self.folder}/weights.npz: {error}", DATA) from error

    def sample(self, count: int, seed: int | None = None) -> Tensor:
        """Generated examples, from the same latents as those in samples.npz.

        count: n. seed: of a replica. Returns shape (n, features); without a seed those of all
        replicas, (R, n, features).
        """
        if not hasattr(self.game, "sample"):
            raise StudyError(f"{self.label}: its model, {self.record.model}, draws no samples")
        if seed is None:
            return torch.stack([self._drawn(count, row) for row in range(len(self.seeds))])
        return self._drawn(count, self._row(seed))

    def _drawn(self, count: int, row: int) -> Tensor:
        noise = {
            name: draw(
                distribution, (count,), self.seeds[row], f"sample/{name}", 0, torch.device("cpu")
            )
            for name, distribution in self.game.prior().items()
        }
        with torch.no_grad():
            return self._at(row)(noise)

    def _row(self, seed):
        if seed not in self.seeds:
            allowed = ", ".join(map(str, self.seeds))
            raise StudyError(f"{self.label}: no replica of seed {seed}; allowed: {allowed}")
        if (times := self.seeds.count(seed)) > 1:
            raise StudyError(
                f"{self.label}: seed {seed} is of {times} replicas, each with settings of its "
                "own; sample(count) and weights have all replicas in their order"
            )
        return self.seeds.index(seed)


def _missing(root, folder, run, experiment, name):
    """Why a run cannot be opened."""
    file = root / reader.FILE
    if not file.is_file():
        return f"{file}: no such file; root is the folder of a study"
    experiments = reader.read(file).experiments
    if experiment not in experiments:
        known = validation.allowed(experiment, experiments)
        return f"{file}: {run!r} names no experiment/run of it; experiments{known}"
    runs = experiments[experiment].runs
    if name not in runs:
        known = validation.allowed(name, runs)
        return f"{file}: {run!r} names no run; runs of {experiment}{known}"
    return f"{folder}: not trained yet; run `dvc repro train@{experiment}`"


def of_row(weights: Mapping[str, np.ndarray], row: int) -> dict[str, Tensor]:
    """The weights and buffers of one replica, by "network.name"; some are single numbers.

    weights: of all replicas, by "network/name", each (R, ...).
    """
    return {
        name.replace("/", ".", 1): torch.from_numpy(array[row, ...])
        for name, array in weights.items()
    }
