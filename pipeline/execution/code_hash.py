"""The code hash of a stage or a run.

It covers the given modules and all modules of this repository that they import.
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
# Modules that decide no number of a training: they store files, report errors, or make the data,
# which a training sees as a file and a few numbers in its record. They may change without
# retraining; a new layout of a result has a new format number (pipeline/results/schema.py).
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
    """A syntax tree as text, the same on every Python version that can parse the source.

    `ast.dump` is not: Python 3.12 added a field to definitions, 3.13 leaves out empty ones, and
    `repr` of a string depends on the Unicode tables of the interpreter. Here empty fields are left
    out, as are contexts and string prefixes, and text is written in ASCII. Statements that are
    strings, such as docstrings, are left out because they do nothing.
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
    """The pieces of an f-string, with adjacent texts joined: Python versions split differently."""
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
    """The files of this repository that the modules import, including themselves, below ROOT.

    without: modules that are left out, with all that only they import.
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
    """The hash of the closure's code, DIGITS hex digits."""
    files = closure(*modules, without=without)
    text = "".join(f"{file.as_posix()} {parsed(ROOT / file)[0]}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def training_code(model: str, device: str = "cpu") -> str:
    """The code hash of a run: of execution/play.py, the engine and the run's model.

    device: where it is trained; on a GPU the hash is also of what captures blocks there.
    """
    modules = "pipeline.execution.play", f"pipeline.models.{model}"
    found = fingerprint(*modules, without=PLUMBING)
    return found if device == "cpu" else f"{found}-{fingerprint('pipeline.engine.capture')}"
