"""Games: which networks exist, and which player lowers which terms. One model per file.

A model is a file that defines a class `Model`. The other files hold what several models share:
abstract classes without a game of their own, and `roles`, which say what a model can do.
"""

import json
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.study.fields import per_replica, with_lists

FROM_DATA = ("features", "classes", "shape")  # fields of a model that come from its data set


def names() -> list[str]:
    """The names of all models, in alphabetical order."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(f.stem for f in files if "\nclass Model" in f.read_text(encoding="utf-8"))


def kind(name: str) -> Any:
    """The class Model of the file that is so named."""
    return import_module(f"pipeline.models.{name}").Model


def build(name: str, arguments: dict[str, Any], dataset: Any) -> Any:
    """The Model of a run, from its arguments and the fields of its data set."""
    Model = kind(name)
    given = {f.name: getattr(dataset, f.name) for f in fields(Model) if f.name in FROM_DATA}
    lists = per_replica(Model, arguments)
    block = given | arguments | {name: numbers[0] for name, numbers in lists.items()}
    made = TypeAdapter(Model).validate_json(json.dumps(block))
    return with_lists(made, lists)
