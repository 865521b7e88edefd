"""What code a stage or a run is made of, as a hash.

The hash covers the modules that are named and all modules of this repository that they import.
Comments, docstrings and layout are not code. Imports are followed as written
(`from pipeline.objectives import minimax`); they must be absolute.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the code that runs, wherever the study is
DIGITS = 12  # of a hash: 48 bits


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a module may import: `from a.b import c` gives a.b and a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def code(tree: ast.AST) -> str:
    """The syntax tree as text, without docstrings."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@cache
def _parsed(file: Path) -> tuple[str, tuple[str, ...]]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    names = tuple(imports(tree))
    return code(tree), names


def closure(*modules: str) -> list[Path]:
    """Files of this repository that the modules import, themselves included."""
    files: set[Path] = set()
    todo = list(modules)
    while todo:
        path = Path(todo.pop().replace(".", "/"))
        # Importing a.b.c runs a/__init__.py and a/b/__init__.py too.
        packages = [folder / "__init__.py" for folder in (path, *path.parents)]
        for file in (path.with_suffix(".py"), *packages):
            if file.parent != Path() and (ROOT / file).is_file() and file not in files:
                files.add(file)
                todo += _parsed(ROOT / file)[1]
    return sorted(files)


def fingerprint(*modules: str) -> str:
    """Twelve hex digits that change when the code of the modules' closure does."""
    text = "".join(f"{file.as_posix()}\n{_parsed(ROOT / file)[0]}\n" for file in closure(*modules))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def training_code(model: str) -> str:
    """The hash of what decides a run's weights: the engine, the optimizers and its model."""
    return fingerprint("pipeline.engine.training", f"pipeline.models.{model}")
