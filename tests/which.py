"""Which tests go with a file of the code, in their order: what is nearest to it comes first.

Those that are named after it, and proofs that tests/mutants_of_theorems.py names; those of its
room that import it; those that are a contract of its room; those of other rooms that import it.
Then all others of its room.
"""

import ast
from functools import cache
from pathlib import Path

from tests.mutants_of_theorems import THEOREMS

# Rooms whose tests stand in folders of another name.
ROOMS = {
    "pipeline": ("tests",),
    "pipeline/page/hands_on": ("tests/page",),
    "reference": ("tests/reference",),
    "reference/nn": ("tests/reference",),
    "reference/theory": ("tests/theory", "tests/reference"),
    "reference/objectives": ("tests/objectives", "tests/reference"),
    "reference/metrics": ("tests/metrics", "tests/reference"),
    "pipeline/search": ("tests/search", "tests/stages"),
    "pipeline/figures": ("tests/figures", "tests/stages"),
}
# Tests that find the files of a room by themselves, and so import none by name.
CONTRACTS = {
    "pipeline": ("test_commands", "test_cli"),
    "pipeline/models": ("models/test_numbers", "engine/test_ensemble", "theory/test_zoo"),
    "pipeline/networks": ("models/test_numbers", "engine/test_ensemble"),
    "pipeline/engine": ("engine/test_ensemble", "reference/test_training_steps"),
    "pipeline/engine/graph": ("engine/test_ensemble",),
    "pipeline/metrics": ("metrics/test_fitted_elsewhere", "metrics/test_measure"),
    "pipeline/controls": ("controls/test_fitted", "stages/test_evaluate_controls"),
    "pipeline/datasets": ("datasets/test_datasets", "execution/test_fingerprint"),
    "pipeline/figures": ("figures/test_figures", "stages/test_figures_command"),
    "pipeline/page": ("stages/test_report", "page/test_words"),
    "pipeline/page/hands_on": ("page/test_hands_on", "stages/test_report"),
    "pipeline/results": ("stages/test_not_yet_measured", "results/test_door"),
    "pipeline/stages": ("test_cli",),
    "reference": ("reference/test_records", "reference/test_contract"),
    "reference/metrics": ("reference/test_records", "reference/test_twins"),
    "reference/nn": ("reference/test_nn", "reference/test_records"),
    "reference/objectives": ("reference/test_records", "reference/test_twins"),
    "reference/theory": ("reference/test_records", "reference/test_contract"),
}
ASIDE = {"tests/test_house.py", "tests/test_pipeline.py"}  # of all files alike; minutes


@cache
def _imports(file: str) -> frozenset[str]:
    """Modules that a file imports by name, in dots."""
    found = set()
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


@cache
def _tests() -> tuple[str, ...]:
    files = (path.as_posix() for path in sorted(Path("tests").rglob("test_*.py")))
    return tuple(file for file in files if file not in ASIDE)


@cache
def _helpers() -> dict[str, str]:
    """Files beside the tests that tests import, by module."""
    files = (path.as_posix() for path in sorted(Path("tests").rglob("*.py")))
    return {f.removesuffix(".py").replace("/", "."): f for f in files if "/test_" not in f}


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _reaches(test: str, module: str) -> bool:
    """Whether a test imports a module, by itself or by a helper."""
    seen = _imports(test)
    return module in seen or any(
        module in _imports(helper) for name, helper in _helpers().items() if name in seen
    )


@cache
def TESTS(file: str) -> tuple[str, ...]:
    """The tests of a file, nearest first."""
    path, module = Path(file), _module(file)
    room = path.parent.as_posix()
    folders = ROOMS.get(room, (f"tests/{room.partition('/')[2]}",))
    stem = path.parent.name if path.stem == "__init__" else path.stem
    ours = [t for t in _tests() if Path(t).parent.as_posix() in folders]
    importing = [t for t in _tests() if _reaches(t, module)]
    found = [t for t in ours if Path(t).name == f"test_{stem}.py"]
    found += sorted({test.partition("::")[0] for *_, test in THEOREMS.get(file, ())})
    found += [t for t in importing if t in ours]
    found += [f"tests/{name}.py" for name in CONTRACTS.get(room, ())]
    return tuple(dict.fromkeys(found + importing))


def beside(file: str) -> tuple[str, ...]:
    """All tests of a file's room."""
    room = Path(file).parent.as_posix()
    folders = ROOMS.get(room, (f"tests/{room.partition('/')[2]}",))
    return tuple(t for t in _tests() if Path(t).parent.as_posix() in folders)
