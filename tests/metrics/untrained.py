"""Runs that were never trained: small networks of every model, on a few examples of all data.

A run has two replicas, snapshots with weights that grow, and an untrained evaluation classifier.
MNIST, which would be downloaded, is noise here.
"""

from copy import copy
from dataclasses import MISSING, fields
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch

from pipeline import datasets, models
from pipeline.datasets import mnist
from pipeline.engine.ensemble import Ensemble
from pipeline.results.trained_run import Replicas

ROWS, SEEDS, ROUNDS = 60, (0, 1), (0, 1, 2, 3, 4, 5)
SMALL = {"train": 300, "validation": 100, "test": 100}
# Of arguments without a default, and of those whose defaults are large.
NARROW = {"width": 4, "units": 4, "steps": 3, "latent": 2, "couplings": 2, "network": "mlp"}
NARROW |= {"likelihood": "gaussian", "objective": "minimax", "pseudo_inputs": 4, "code_size": 3}
# Arguments by which a model changes what it can be asked.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "infogan": [{"components": 10}, {"components": 10, "codes": 0}],
    "gan": [{}, {"components": 3}, {"latent": 1}],
    "vae": [{}, {"likelihood": "bernoulli"}, {"network": "convolutional"}],
    "autoencoder": [{}, {"network": "convolutional"}, {"latent": 1}],
    "dirac_gan": [{}, {"objective": "wgan_gp"}],
    "coupling_flow": [{}, {"levels": "data"}],
    "diffusion": [{}, {"levels": "data"}],
    "categorical": [{"levels": "data"}],
    "pix2pix": [{}, {"adversarial": False}],
    "shaped_gan": [{"noise": "normal"}, {"noise": "uniform"}, {"noise": "mixture"}],
    "biggan": [{"latent": 3}, {"class_norm": False}],
    "singan": [{"scales": 2, "layers": 2}],
}
DOWNLOADED = ("mnist", "mnist_few", "stacked")  # here they are noise


@cache
def data(name: str, rows: int | None = None) -> Any:
    """A data set of few examples; of so many in each split, where it can be asked for them."""
    kind = type(datasets.build(name, {}))
    counts = {f.name for f in fields(kind) if isinstance(f.default, int)}
    if name.startswith("mnist"):
        counts.discard("validation")
    block: dict[str, Any] = {k: rows or v for k, v in SMALL.items() if k in counts}
    if rows and name == "digits":
        block = {"validation": rows / 1797 - 1e-9, "test": rows / 1797 - 1e-9}
    if rows and name == "factors":
        block = {"validation": rows / 6144, "test": rows / 6144}
    return datasets.build(name, block)


def noise_images(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """In place of MNIST's files: images of noise with every label."""
    rng = np.random.default_rng(count)
    x = rng.integers(0, 256, (count, 784)).astype(np.uint8)
    return x, np.arange(count) % 10


@cache
def splits(name: str, rows: int | None = None) -> dict[str, dict[str, torch.Tensor]]:
    """The arrays of a small data set, as stage prepare and pipeline.results.data make them."""
    of = data(name, rows)
    with (
        mock.patch.object(mnist, "_pair", noise_images),
        mock.patch.object(mnist, "TRAINING", 400),
        mock.patch.object(mnist, "TEST", 100),
    ):
        if name == "mnist":
            of = mnist.DataSet(validation=100)
        with mock.patch.object(mnist.DataSet, "__init__", _hundred):
            arrays = of.splits()

    def loaded(key: str, array: np.ndarray) -> torch.Tensor:
        some = torch.from_numpy(array[:ROWS].copy())
        if key == "label":
            return some.long()
        return (some.float() if of.levels is None else 2 * some / of.levels - 1).flatten(1)

    found: dict[str, dict[str, torch.Tensor]] = {}
    for key, array in arrays.items():
        pool, _, what = key.rpartition("_")
        found.setdefault(pool, {})[what] = loaded(what, array)
    return found


def _hundred(self: Any, validation: int = 100) -> None:
    object.__setattr__(self, "validation", validation)


def arguments(model: str, dataset: Any, variant: dict[str, Any]) -> dict[str, Any]:
    """Small arguments of a model on data."""
    known = {f.name: f for f in fields(models.kind(model)) if f.name not in models.FROM_DATA}
    asked = {
        name: NARROW[name]
        for name, f in known.items()
        if name in NARROW and (f.default is MISSING or name in ("width", "units", "steps"))
    }
    asked |= {k: NARROW[k] for k in ("pseudo_inputs", "code_size") if k in known} | variant
    if asked.get("levels") == "data":
        asked["levels"] = dataset.levels or 0
    return asked


@cache
def built(model: str, place: int, name: str, rows: int | None = None) -> Any:
    """A small model; None where it and its data misfit."""
    variant, dataset = VARIANTS.get(model, [{}])[place], data(name, rows)
    try:
        return models.build(model, arguments(model, dataset, variant), dataset)
    except ValueError:
        return None


class Untrained(Replicas):
    """The replicas of a run before its training, with snapshots of as many rounds as there are."""

    def __init__(
        self, model: str, place: int, name: str, rows: int | None = None, how: str = "plain"
    ):
        """how: as the weights begin; "none", all are 0; "huge", those of the second replica."""
        self.how = how
        self.made = model, place, name, rows
        self.dataset, self.model = data(name, rows), built(model, place, name, rows)
        named = {n: n for n in datasets.names()}
        self.settings: Any = SimpleNamespace(evaluation_classifier=named)
        step = SimpleNamespace(lr=0.1)
        block = SimpleNamespace(rounds=ROUNDS[-1], optimizer=step, batch=4)
        self.run: Any = SimpleNamespace(train=block, data=name)
        self.seeds, self.draws, self.split = SEEDS, 3, "test"
        self.ensemble = self._ensemble(1.0)

    def _ensemble(self, factor: float) -> Ensemble:
        """The networks with weights that are so many times larger than they began."""
        made = Ensemble(self.model, SEEDS)
        for weights in made.weights.values():
            weights *= 0.0 if self.how == "none" else factor
            if self.how == "huge":
                weights[1] = weights[1] * 1e30
        made.settle()
        return made

    @property
    def _splits(self) -> Any:  # type: ignore[override]
        return splits(self.made[2], self.made[3])

    @property
    def snapshots(self) -> list[int]:
        return list(ROUNDS)

    def at(self, snapshot: int) -> "Untrained":
        found = copy(self)
        found.ensemble = self._ensemble(1 + 0.1 * snapshot)
        return found

    diverged, averaged = [], None  # type: ignore[assignment]

    @property
    def classifier(self) -> Any:
        return classifier(getattr(self.dataset, "classified_as", self.made[2]))


@cache
def classifier(name: str) -> Untrained:
    """An evaluation classifier of a data set."""
    return Untrained("classifier", 0, name)
