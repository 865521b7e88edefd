"""Every formula of the pipeline has a twin in the oracle, with the same names."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import reference
from reference import REGISTRY

RINGS = ("objectives", "metrics")
FILES = [
    (ring, path.stem)
    for ring in RINGS
    for path in sorted(Path("pipeline", ring).glob("*.py"))
    if path.stem != "__init__"
]


def formulas(package, ring, name):
    """The public functions that a file defines, and their argument names."""
    module = importlib.import_module(f"{package}.{ring}.{name}")
    return {
        key: list(inspect.signature(value).parameters)
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and key[0] != "_"
    }


@pytest.mark.parametrize(("ring", "name"), FILES)
def test_every_formula_has_its_twin(ring, name):
    """`measure` is how a metric meets a run, and `lacks` what it needs of one: no formulas."""
    ours = formulas("pipeline", ring, name)
    for meeting in ("measure", "lacks"):
        ours.pop(meeting, None)
    assert ours, f"pipeline/{ring}/{name}.py defines no formula"
    twins = formulas("reference", ring, name)
    assert {key: twins.get(key) for key in ours} == ours


def test_the_files_were_found():
    assert ("objectives", "minimax") in FILES
    assert ("metrics", "value") in FILES


def test_the_oracle_imports_numpy_and_itself_only():
    for path in Path("reference").rglob("*.py"):
        # The package finds its own files by walking itself.
        walks = {"importlib", "pkgutil"} if path == Path("reference/__init__.py") else set()
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                assert name.split(".")[0] in {"numpy", "reference"} | walks, f"{path}: {name}"


def test_the_oracle_needs_neither_scipy_nor_torch():
    code = (
        "import sys; sys.modules.update(scipy=None, torch=None, pipeline=None); import reference"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("naive", [r"np\.log\(1 [-+]", r"np\.exp\([^()]*\) - 1", r"\+ 1e-"])
def test_no_form_that_loses_digits(naive):
    """log(1 + x), e^x - 1 and an epsilon: each has a primitive that keeps what it drops."""
    for path in Path("reference").rglob("*.py"):
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text())
        assert not re.search(naive, code), path


def test_every_public_function_is_found_by_its_name():
    for path in Path("reference").rglob("*.py"):
        name = ".".join(path.with_suffix("").parts)
        if path.stem in ("__init__", "arrays", "errors"):
            continue
        module = importlib.import_module(name)
        for key, item in vars(module).items():
            if inspect.isfunction(item) and item.__module__ == name and key[0] != "_":
                assert REGISTRY[f"{path.stem}.{key}"] is item
    assert reference.jsd is REGISTRY["jsd"]
    assert reference.f_divergence is REGISTRY["f_divergence.f_divergence"]
