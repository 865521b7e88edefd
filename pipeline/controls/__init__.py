"""Rows that are no trainings, one control a file: what a table must contain to be read.

A method that scores like uniform noise has learned nothing, and one below a mixture that is fitted
in a second, less than that. A control has some of the roles of a model (pipeline/models/roles.py)
by having their methods, and is measured by the same metrics through the same `measure(run)`; one
whose role it lacks leaves its cells empty. As many replicas as the experiment has seeds, each by
random streams of its own.

A control is a file with a frozen dataclass `Control`, made of a data set and its examples:

    networks()        modules that hold what is fitted, none of it trained; may be empty
    fitted(seed)      their numbers, {network: {buffer: array}}, of the replica of a seed
    unfit(dataset, ...)  where a data set cannot be asked: what is lacking, in words, or ""
    EACH              an argument of the runs: there is a row for each value that they have, which
                      `unfit` is given too
    pools             a field for all arrays of training and validation, {pool: {name: array}}, of
                      a control that needs partners or labels, and not x alone
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Ensemble, Nets, Noise
from pipeline.engine.randomness import Distribution

Fitted = Mapping[str, Mapping[str, Tensor]]


class Row(NamedTuple):
    """A control and its arguments."""

    control: str
    arguments: dict[str, Any]


class Stored(nn.Module):
    """Tensors that are held and not learned: () -> them, in the order of their names."""

    def __init__(self, **shapes: tuple[int, ...]):
        super().__init__()
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape))

    def forward(self) -> tuple[Tensor, ...]:
        return tuple(self.buffers())


@dataclass(frozen=True)
class Samples(ABC):
    """Examples that come from the data themselves, or from nothing; nothing is fitted."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    def networks(self) -> dict[str, nn.Module]:
        return {}

    def fitted(self, seed: int) -> Fitted:
        return {}

    @abstractmethod
    def prior(self) -> Mapping[str, Distribution]:
        """What a sample is made of."""

    @abstractmethod
    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """Examples, (B, features)."""


def names() -> list[str]:
    """The controls that there are, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def kind(name: str) -> Any:
    """The file of a control."""
    return import_module(f"pipeline.controls.{name}")


def rows(asked: Iterable[str], arguments: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """The rows of an experiment's controls, by name.

    asked: controls. arguments: of its runs.
    """
    runs, found = list(arguments), {}
    for name in asked:
        if (each := getattr(kind(name), "EACH", None)) is None:
            found[name] = Row(name, {})
        else:
            values = sorted({run[each] for run in runs if each in run})
            found |= {f"{name}_{value}": Row(name, {each: value}) for value in values}
    return found


def ensemble(control: Any, seeds: Iterable[int]) -> Ensemble:
    """The replicas of a control, fitted."""
    made = Ensemble(control, seeds)
    for replica, seed in enumerate(made.seeds):
        for network, tensors in control.fitted(seed).items():
            for name, tensor in tensors.items():
                made.state[network][name][replica] = tensor
    return made
