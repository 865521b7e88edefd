"""The data sets, one per file, found by the file's name.

A data set is a frozen dataclass `DataSet` whose fields are its block in params.yaml. It states its
`shape`, `features`, `classes` and `levels` (grey levels above 0, None where x is no image), and
`splits()` makes the arrays of data/<name>.npz: <split>_x and <split>_label of each split. It may
offer further `pools` of training examples, for instance a few labelled ones or a second domain,
with arrays <pool>_x and <pool>_label. A split or pool may have further arrays, shaped like x, for
instance each example's partner, <split>_partner. A player's `draws` names the pools that it uses.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.study.errors import StudyError
from pipeline.study.validation import allowed, checked

SPLITS = ("train", "validation", "test")


def pools(dataset: Any) -> tuple[str, ...]:
    """The pools that a DataSet offers besides its splits."""
    return tuple(getattr(dataset, "pools", ()))


def sizes(dataset: Any) -> dict[str, int]:
    """How many examples each split of a DataSet has, where it says so before they are made.

    By its property `sizes`, or by its fields of the splits' names where these are counts.
    """
    if found := getattr(dataset, "sizes", None):
        return dict(found)
    stated = {split: getattr(dataset, split, None) for split in SPLITS}
    return {split: count for split, count in stated.items() if type(count) is int}


def names() -> list[str]:
    """The names of all data sets, in alphabetical order."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return [f.stem for f in files if hasattr(_module(f.stem), "DataSet")]


def build(name: str, block: dict[str, Any]) -> Any:
    """The DataSet of a name, validated; fields that are not given have their defaults.

    block: its fields, as in params.yaml or in a run's record.
    """
    if name not in names():
        raise StudyError(f"data.{name}: no such data set{allowed(name, names())}")
    dataset, problems = checked(_module(name).DataSet, block, f"data.{name}")
    if problems:
        raise StudyError("\n".join(problems))
    return dataset


def faults(dataset: Any, arrays: Mapping[str, np.ndarray]) -> list[str]:
    """What is wrong with the arrays of a DataSet, one line each: shapes, ranges, labels.

    arrays: as `splits()` makes them. Out of range an image is another one to every model and
    metric, and nothing else would notice.
    """
    found = []
    for pool in (*SPLITS, *pools(dataset)):
        own = [key for key in arrays if key.rpartition("_")[0] == pool]
        if missing := [k for k in (f"{pool}_x", f"{pool}_label") if k not in own]:
            found.append(f"{' and '.join(missing)}: missing")
            continue
        label = arrays[f"{pool}_label"]
        if label.ndim != 1 or not len(label) or label.dtype.kind not in "iu":
            found.append(f"{pool}_label: must be one whole number an example, of one or more")
        elif label.min() < 0 or label.max() >= dataset.classes:
            classes = f"classes are 0 to {dataset.classes - 1}"
            found.append(f"{pool}_label: values from {label.min()} to {label.max()}; {classes}")
        for key in own:
            if key != f"{pool}_label":
                found += [f"{key}: {told}" for told in _wrong(dataset, arrays[key], len(label))]
    return found


def _wrong(dataset: Any, x: np.ndarray, count: int) -> list[str]:
    """What is wrong with an array that is shaped like x, of so many examples."""
    if x.shape != (count, dataset.features):
        return [f"is {x.shape}, expected {(count, dataset.features)}"]
    if x.dtype.kind not in "iuf" or not np.isfinite(x).all():
        return ["has values that are no finite numbers"]
    if dataset.levels is None or not x.size:
        return []
    low, high = x.min(), x.max()
    if low < 0 or high > dataset.levels or (x.dtype.kind == "f" and (x % 1).any()):
        allowed = f"grey levels are whole numbers from 0 to {dataset.levels}"
        return [f"values from {low:g} to {high:g}; {allowed}"]
    return []


def given(dataset: Any) -> dict[str, Any]:
    """The properties of a data set that a training uses beside its arrays, as JSON."""
    return {
        "shape": list(dataset.shape),
        "features": dataset.features,
        "classes": dataset.classes,
        "levels": dataset.levels,
    }


def _module(name: str) -> Any:
    return import_module(f"pipeline.datasets.{name}")
