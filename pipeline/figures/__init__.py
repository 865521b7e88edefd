"""Figures of trained runs: one figure per file, listed per experiment in params.yaml.

A figure is a few sheets of images, made by `show(runs)` from the runs of an experiment that share
a data set of images. `NEEDS` names the roles that a model must have (pipeline/models/roles.py),
and `NEEDS_TEST` the least number of test images; runs without the roles are left out. Figures show
the first seed that a run lists and the first test images, so that nothing is selected by its
appearance.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor


class Sheet(NamedTuple):
    """A sheet: rows of images with their names."""

    title: str
    note: str
    rows: Sequence[str]
    images: Tensor  # (rows, columns, features), in the units of the data


def names() -> list[str]:
    """The names of all figures, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def first(run: Any, f: Callable[..., Tensor], **inputs: Tensor) -> Tensor:
    """f(net, **inputs) of the first seed that a run lists. run: a Trained."""
    return run.ensemble.each(f, **inputs)[0]
