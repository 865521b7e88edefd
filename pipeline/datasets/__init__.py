"""The data sets, one a file, found by the file's name.

A data set is a frozen dataclass `DataSet` whose fields are its block in params.yaml. It says
its `shape`, `features`, `classes` and `levels` (grey levels above 0, None where x is no image),
and `splits()` makes the arrays of data/<name>.npz.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.blocks import allowed, checked
from pipeline.errors import DATA, StudyError
from pipeline.files import read_npz

SPLITS = ("train", "validation", "test")


def names() -> list[str]:
    """The data sets that there are, in alphabetical order."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return [f.stem for f in files if hasattr(_module(f.stem), "DataSet")]


def build(name: str, block: dict[str, Any]) -> Any:
    """The DataSet of a name, its fields checked; a field that is not given keeps its default.

    block: its fields, as in params.yaml or in a run's record.
    """
    if name not in names():
        raise StudyError(f"data.{name}: no such data set{allowed(name, names())}")
    dataset, problems = checked(_module(name).DataSet, block, f"data.{name}")
    if problems:
        raise StudyError("\n".join(problems))
    return dataset


def load(name: str, dataset: Any, folder: Path | str = "data") -> dict[str, dict[str, np.ndarray]]:
    """The arrays of a prepared data set: {split: {"x": float32, "label": int64}}.

    dataset: its DataSet, or its block.
    folder: where prepare put <name>.npz.
    x has shape (N, features). Grey levels 0 ... levels become numbers from -1 to 1.
    """
    if isinstance(dataset, dict):
        dataset = build(name, dataset)
    path = Path(folder, f"{name}.npz")
    arrays = read_npz(path)
    loaded = {}
    for split in SPLITS:
        try:
            x, label = arrays[f"{split}_x"], arrays[f"{split}_label"]
        except KeyError as missing:
            raise StudyError(f"{path}: has no array {missing}; run prepare again", DATA) from None
        if x.shape != (len(label), dataset.features):
            expected = (len(label), dataset.features)
            raise StudyError(f"{path}: {split}_x is {x.shape}, expected {expected}", DATA)
        x = x.astype(np.float32)
        if dataset.levels is not None:
            x = 2 * x / np.float32(dataset.levels) - 1
        loaded[split] = {"x": x, "label": label.astype(np.int64)}
    return loaded


def _module(name: str) -> Any:
    return import_module(f"pipeline.datasets.{name}")
