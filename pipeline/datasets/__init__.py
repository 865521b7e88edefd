"""The data sets, one per file, found by the file's name.

A data set is a frozen dataclass `DataSet` whose fields are its block in params.yaml. It states its
`shape`, `features`, `classes` and `levels` (grey levels above 0, None where x is no image), and
`splits()` makes the arrays of data/<name>.npz: <split>_x and <split>_label of each split. It may
offer further `pools` of training examples, for instance a few labelled ones or a second domain,
with arrays <pool>_x and <pool>_label. A split or pool may have further arrays, shaped like x, for
instance each example's partner, <split>_partner. A player's `draws` names the pools that it uses.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.study.errors import StudyError
from pipeline.study.validation import allowed, checked

SPLITS = ("train", "validation", "test")


def pools(dataset: Any) -> tuple[str, ...]:
    """The pools that a DataSet offers besides its splits."""
    return tuple(getattr(dataset, "pools", ()))


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
