"""A class is abstract or final: no concrete class is subclassed, no concrete method overridden."""

import inspect
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

ROOMS = ("models", "objectives", "networks", "metrics")
MODULES = [
    ".".join(file.with_suffix("").parts)
    for room in ROOMS
    for file in sorted(Path("pipeline", room).rglob("*.py"))
    if file.name != "__init__.py"
]


def classes(module):
    found = vars(import_module(module)).values()
    return [c for c in found if inspect.isclass(c) and c.__module__ == module]


def own_bases(kind):
    """The classes of this project that a class inherits from."""
    return [c for c in kind.__mro__[1:] if c.__module__.partition(".")[0] in ("pipeline", "tests")]


def written(kind):
    """What the text of a class defines: its methods, and its fields with their types."""
    made = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__")
    methods = {
        name
        for name, value in vars(kind).items()
        if name not in made
        and (inspect.isfunction(value) or isinstance(value, property | staticmethod | classmethod))
    }
    return methods, set(inspect.get_annotations(kind))


def faults(kind):
    """How a class breaks the rule."""
    found = []
    for base in own_bases(kind):
        protocol = getattr(base, "_is_protocol", False)
        if not (protocol or inspect.isabstract(base)):
            found.append(f"inherits from {base.__name__}, which is not abstract")
        abstract = getattr(base, "__abstractmethods__", frozenset())
        (methods, fields), (theirs, declared) = written(kind), written(base)
        overridden = methods & (theirs - abstract) if not protocol else set()
        found += [f"overrides {name} of {base.__name__}" for name in sorted(overridden)]
        found += [f"declares {name} anew" for name in sorted(fields & declared)]
    return found


@pytest.mark.parametrize("module", MODULES)
def test_what_is_shared_is_abstract_and_what_is_concrete_is_final(module):
    for kind in classes(module):
        assert not faults(kind), kind


@dataclass(frozen=True)
class _Concrete:
    width: int = 1

    def says(self):
        return "one"


class _Inherits(_Concrete):
    width: float = 2.0

    def says(self):
        return "two"


def test_what_breaks_the_rule_is_seen():
    assert faults(_Inherits) == [
        "inherits from _Concrete, which is not abstract",
        "overrides says of _Concrete",
        "declares width anew",
    ]
