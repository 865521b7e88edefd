"""Games: which networks exist, and which player lowers which terms. One model a file."""

import json
from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.study import validation

FROM_DATA = ("features", "classes", "shape")  # fields of a model that its data set decides


def names() -> list[str]:
    """The models that there are, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def kind(name: str) -> Any:
    """The Model class of a name."""
    return import_module(f"pipeline.models.{name}").Model


def build(name: str, arguments: dict[str, Any], dataset: Any) -> Any:
    """The Model of a run: its arguments and what its data set decides."""
    Model = kind(name)
    given = {f.name: getattr(dataset, f.name) for f in fields(Model) if f.name in FROM_DATA}
    lists = validation.per_replica(Model, arguments)
    block = given | arguments | {name: numbers[0] for name, numbers in lists.items()}
    made = TypeAdapter(Model).validate_json(json.dumps(block))
    return validation.with_lists(made, lists)


def has(name: str, needs: Iterable[str]) -> bool:
    """Whether the model of a name has all methods of these names."""
    return all(hasattr(kind(name), need) for need in needs)
