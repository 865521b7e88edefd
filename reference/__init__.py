"""The oracle: reference values of the study's formulas, from the definitions, in float64 NumPy.

    objectives/, metrics/    twins of the pipeline's files, same names
    theory/                  what training code does not have: optima, bounds, exact models
    nn/                      a small network with manual backpropagation, and whole training steps

REGISTRY maps names to public functions, and `from reference import jsd` works too. Names that
several files share are keyed "file.function", such as "minimax.generator_loss".
"""

import importlib
import pkgutil

from reference.errors import DomainError, ShapeError

_READING = ("arrays", "errors")  # they read arguments; all other files have formulas


def _modules():
    """The modules of this package that have formulas, by their path in it."""
    names = [m.name for m in pkgutil.walk_packages(__path__, "reference.") if not m.ispkg]
    return [importlib.import_module(n) for n in names if n.rpartition(".")[2] not in _READING]


def _public(module):
    """The public functions that a module defines."""
    return {
        key: item
        for key, item in vars(module).items()
        if callable(item) and key[0] != "_" and item.__module__ == module.__name__
    }


def _registry():
    """Every function under "file.function", and under its own name where that is unique."""
    found: dict = {}
    owners: dict = {}
    for module in _modules():
        for key, item in _public(module).items():
            name = f"{module.__name__.rpartition('.')[2]}.{key}"
            if name in found:
                raise ImportError(f"{name} is defined by {module.__name__} and another file")
            found[name] = item
            owners.setdefault(key, []).append(item)
    # Of a primitive and a layer with the same name, the name means the primitive.
    single = {
        key: min(items, key=lambda item: item.__module__ != "reference.primitives")
        for key, items in owners.items()
        if len(items) == 1 or any(item.__module__ == "reference.primitives" for item in items)
    }
    return found | single


REGISTRY = _registry()
__all__ = ["REGISTRY", "DomainError", "ShapeError"]
# Where a file is named after its function, `reference.name` is the function.
globals().update({key: item for key, item in REGISTRY.items() if "." not in key})
