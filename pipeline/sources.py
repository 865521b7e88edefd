"""Stage sources: what code each stage of each experiment is made of.

    python -m pipeline sources

reads   **/*.py of pipeline, reference and tests; params.yaml; claims.yaml
writes  sources.yaml    train.EXPERIMENT, evaluate.EXPERIMENT, claims, report: a hash each

A stage of dvc.yaml depends on its line, so it runs again when, and only when, code that it
runs has changed. Comments, docstrings and layout are not code. Imports are followed as
written (`from pipeline.objectives import minimax`); they must be absolute.
"""

import ast
import hashlib
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.files import write_text

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
            if file.parent != Path() and file.is_file() and file not in files:
                files.add(file)
                todo += _parsed(file)[1]
    return sorted(files)


def fingerprint(*modules: str) -> str:
    """Twelve hex digits that change when the code of the modules' closure does."""
    text = "".join(f"{file.as_posix()}\n{_parsed(file)[0]}\n" for file in closure(*modules))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def training_code(model: str) -> str:
    """The hash of what decides a run's weights: the engine, the optimisers and its model."""
    return fingerprint("pipeline.training", f"pipeline.models.{model}")


def main() -> None:
    study = YAML(typ="safe", pure=True).load(Path("params.yaml").read_text(encoding="utf-8"))
    claims = YAML(typ="safe", pure=True).load(Path("claims.yaml").read_text(encoding="utf-8"))
    tests = {c["test"].split("::")[0] for c in claims["claims"] if c.get("test")}
    lines: dict = {"train": {}, "evaluate": {}}
    for name, experiment in study["experiments"].items():
        models = sorted({run["model"] for run in experiment["runs"].values()})
        measured = sorted(f"pipeline.metrics.{metric}" for metric in experiment["metrics"])
        shown = sorted(f"pipeline.figures.{figure}" for figure in experiment.get("figures", []))
        data = sorted({f"pipeline.datasets.{run['data']}" for run in experiment["runs"].values()})
        lines["train"][name] = "-".join(training_code(model) for model in models)
        judged = [f"pipeline.models.{model}" for model in models]
        evaluated = *judged, *measured, *shown, *data
        lines["evaluate"][name] = fingerprint("pipeline.evaluate", *evaluated)
    proofs = sorted(test.removesuffix(".py").replace("/", ".") for test in tests)
    lines["claims"] = fingerprint("pipeline.claims", "tests.conftest", *proofs)
    lines["report"] = fingerprint("pipeline.report")
    text = io.StringIO()
    YAML().dump(lines, text)
    write_text("sources.yaml", text.getvalue())
