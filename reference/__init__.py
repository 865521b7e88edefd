"""The oracle: what the study's numbers should be, from the definitions, in float64 NumPy.

    objectives/, metrics/    twins of the pipeline's files, same names
    theory/                  what no training code has: optima, bounds, exact models
    nn/                      a small network with its gradients by hand, and whole training steps

REGISTRY finds every public function by its name, `from reference import jsd` too. Names that
several files share are found as "file.function", such as "minimax.generator_loss".
"""

import importlib
import pkgutil

from reference.errors import DomainError, ShapeError

_READING = ("arrays", "errors")  # how arguments are read; formulas are all else


def _modules():
    """Every module of this package that holds formulas, by its place in it."""
    names = [m.name for m in pkgutil.walk_packages(__path__, "reference.") if not m.ispkg]
    return [importlib.import_module(n) for n in names if n.rpartition(".")[2] not in _READING]


def _public(module):
    """The functions that a module defines for others."""
    return {
        key: item
        for key, item in vars(module).items()
        if callable(item) and key[0] != "_" and item.__module__ == module.__name__
    }


def _registry():
    """Every function by "file.function", and by its own name where no other file has it."""
    found: dict = {}
    owners: dict = {}
    for module in _modules():
        for key, item in _public(module).items():
            name = f"{module.__name__.rpartition('.')[2]}.{key}"
            if name in found:
                raise ImportError(f"{name} is defined by {module.__name__} and another file")
            found[name] = item
            owners.setdefault(key, []).append(item)
    # A primitive is the function; a layer of the same name is that function in a network.
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
