"""What code a stage or a run is made of, as a hash.

The hash covers the modules that are named and all modules of this repository that they import.
Comments, docstrings and layout are not code. Imports are followed as written
(`from pipeline.objectives import minimax`); they must be absolute.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.study.repository import ROOT

DIGITS = 12  # of a hash: 48 bits
# No number of a training comes from these: they store, refuse and tell, or make the data, which a
# training sees as a file and a few numbers that its record holds. They may change without training
# anything anew; a new layout of a result is another format (pipeline/results/schema.py).
PLUMBING = (
    "pipeline.datasets",
    "pipeline.results.files",
    "pipeline.study.errors",
    "pipeline.study.validation",
)


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a module may import: `from a.b import c` gives a.b and a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def code(node: object) -> str:
    """A syntax tree as text, the same on every Python that can parse the source.

    `ast.dump` is not: Python 3.12 gave definitions a field more, 3.13 leaves out empty ones, and
    `repr` of a string hangs on the Unicode tables of the interpreter. Here empty fields are left
    out, as are names of contexts and of string prefixes, and text is spelt in ASCII. A string
    that is a statement does nothing: docstrings are such statements.
    """
    if isinstance(node, list):
        return f"[{','.join(code(item) for item in node if not _does_nothing(item))}]"
    if isinstance(node, ast.JoinedStr):
        node = ast.JoinedStr(_joined(node.values))
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = (
        f"{name}={code(value)}"
        for name, value in sorted(ast.iter_fields(node))
        if name not in ("ctx", "kind") and (isinstance(node, ast.Constant) or _is_told(value))
    )
    return f"{type(node).__name__}({','.join(fields)})"


def _is_told(value):
    return value is not None and value != []


def _does_nothing(node):
    """Whether it is a statement that is a string, such as a docstring."""
    statement = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return statement and isinstance(node.value.value, str)


def _joined(values):
    """The pieces of an f-string, neighbouring texts as one: Pythons cut them differently."""
    found: list[Any] = []
    for piece in values:
        pieces = _joined(piece.values) if isinstance(piece, ast.JoinedStr) else [piece]
        for part in pieces:
            last = found[-1] if found else None
            if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
                found[-1] = ast.Constant(str(last.value) + str(part.value))
            elif not (isinstance(part, ast.Constant) and part.value == ""):
                found.append(part)
    return found


@cache
def parsed(file: Path) -> tuple[str, tuple[str, ...]]:
    """The SHA-256 of a file's code, and the names that it imports."""
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    return hashlib.sha256(code(tree).encode()).hexdigest(), tuple(imports(tree))


def closure(*modules: str, without: Iterable[str] = ()) -> list[Path]:
    """Files of this repository that the modules import, themselves included, below ROOT.

    without: modules that are left out, with what they alone import.
    """
    files: set[Path] = set()
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name in without:
            continue
        path = Path(name.replace(".", "/"))
        # Importing a.b.c runs a/__init__.py and a/b/__init__.py too.
        packages = [folder / "__init__.py" for folder in (path, *path.parents)]
        for file in (path.with_suffix(".py"), *packages):
            if file.parent != Path() and (ROOT / file).is_file() and file not in files:
                files.add(file)
                todo += parsed(ROOT / file)[1]
    return sorted(files)


def fingerprint(*modules: str, without: Iterable[str] = ()) -> str:
    """Twelve hex digits that change when the code of the modules' closure does."""
    files = closure(*modules, without=without)
    text = "".join(f"{file.as_posix()} {parsed(ROOT / file)[0]}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def training_code(model: str) -> str:
    """The hash of what decides a run's bytes: how it is played, the engine and its model."""
    modules = "pipeline.execution.play", f"pipeline.models.{model}"
    return fingerprint(*modules, without=PLUMBING)
