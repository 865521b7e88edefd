"""Every public function of the oracle is documented, and its example is true."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

MODULES = [
    ".".join(path.with_suffix("").parts)
    for path in sorted(Path("reference").rglob("*.py"))
    if path.stem != "__init__"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for key, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_"):
            assert value.__doc__, f"{name}.{key} says nothing"
            assert ">>>" in value.__doc__, f"{name}.{key} shows no example"
    assert doctest.testmod(module).failed == 0
