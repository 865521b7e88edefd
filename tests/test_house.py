"""The rules of the house, kept by test instead of by memory."""

import ast
import re
from pathlib import Path

import pytest

from pipeline.execution.code_hash import imports
from tests.mutants import NAMED

TREES = ("pipeline", "reference", "tests", "benchmarks")
FILES = [f for top in TREES for f in sorted(Path(top).rglob("*.py"))]
RINGS = {
    "reference/**/*.py": ("numpy", "reference", "collections", "typing", "functools", "math"),
    "pipeline/objectives/*.py": ("torch", "math"),
    "pipeline/networks/*.py": ("collections", "itertools", "math", "torch", "pipeline.networks"),
    "pipeline/engine/randomness.py": ("hashlib", "typing", "numpy", "torch"),
    "pipeline/engine/ensemble.py": (
        "collections",
        "typing",
        "torch",
        "pipeline.engine.chunks",
        "pipeline.engine.randomness",
    ),
    "pipeline/engine/training.py": (
        "collections",
        "functools",
        "typing",
        "torch",
        "pipeline.engine.graph.hoist",
        "pipeline.engine.ensemble",
        "pipeline.engine.chunks",
        "pipeline.engine.optimizers",
        "pipeline.engine.randomness",
    ),
    "pipeline/engine/graph/hoist.py": (
        "collections",
        "typing",
        "torch",
        "pipeline.engine.ensemble",
        "pipeline.engine.graph.nodes",
        "pipeline.engine.graph.trace",
    ),
    "pipeline/engine/chunks.py": ("collections", "itertools", "torch"),
    "pipeline/engine/graph/trace.py": (
        "collections",
        "typing",
        "torch",
        "warnings",
        "pipeline.engine.graph.products",
        "pipeline.engine.graph.rewrite",
    ),
    "pipeline/engine/graph/rewrite.py": (
        "itertools",
        "torch",
        "pipeline.engine.graph.nodes",
        "pipeline.engine.graph.images",
        "pipeline.engine.graph.products",
    ),
    "pipeline/engine/graph/images.py": (
        "itertools",
        "operator",
        "typing",
        "torch",
        "pipeline.engine.graph.nodes",
    ),
    "pipeline/engine/graph/nodes.py": ("typing", "torch"),
    "pipeline/engine/graph/products.py": ("functools", "typing", "torch"),
    "pipeline/engine/optimizers.py": ("collections", "functools", "typing", "torch"),
    "pipeline/study/fields.py": ("typing", "annotated_types", "pydantic"),
    "pipeline/models/*.py": (
        "collections",
        "importlib",
        "json",
        "pathlib",
        "pydantic",
        "dataclasses",
        "math",
        "typing",
        "torch",
        "pipeline.engine.ensemble",
        "pipeline.study.fields",
        "pipeline.models",
        "pipeline.networks",
        "pipeline.objectives",
        "pipeline.engine.randomness",
    ),
    "pipeline/metrics/*.py": (
        "pathlib",
        "math",
        "collections",
        "functools",
        "typing",
        "numpy",
        "scipy",
        "sklearn",
        "torch",
        "pipeline.metrics",
        "pipeline.engine.randomness",
    ),
    "pipeline/figures/*.py": (
        "pathlib",
        "collections",
        "typing",
        "torch",
        "pipeline.figures",
        "pipeline.metrics",
    ),
}


def imported(file):
    return list(imports(ast.parse(file.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("files", RINGS)
def test_a_ring_looks_only_inward(files):
    found = sorted(Path().glob(files))
    assert found
    for file in found:
        for name in imported(file):
            within = any(name == ring or name.startswith(f"{ring}.") for ring in RINGS[files])
            assert within or name == "pipeline", f"{file} imports {name}"


def test_no_model_is_known_to_the_engine_or_to_a_stage():
    """A new model is one file and one block of params.yaml: nobody else says its name."""
    names = {f.stem for f in Path("pipeline/models").glob("[!_]*.py")}
    for file in Path("pipeline").rglob("*.py"):
        if file.parent.name in ("models", "page"):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
        assert not names & {s for s in strings if isinstance(s, str)}, file
        assert not any(name.startswith("pipeline.models.") for name in imports(tree)), file


@pytest.mark.parametrize("package", ["mlflow", "pooch"])
def test_only_one_room_knows_a_package(package):
    rooms = {
        "mlflow": ("pipeline/tracking/store.py", "pipeline/tracking/client.py"),
        "pooch": ("pipeline/datasets/mnist.py",),
    }
    for file in Path("pipeline").rglob("*.py"):
        if file.as_posix() not in rooms[package]:
            assert not any(name.split(".")[0] == package for name in imported(file)), file


def test_only_the_engine_says_vmap():
    """Metrics map a formula over replicas; nothing else knows that there are several."""
    for file in Path("pipeline").rglob("*.py"):
        allowed = file == Path("pipeline/engine/ensemble.py") or file.parent.name == "metrics"
        assert allowed or "vmap" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_can_be_read_in_one_sitting(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", FILES, ids=str)
def test_nothing_is_unpickled_and_nothing_is_evaluated(file):
    """Weights are arrays; a file from elsewhere can hold numbers and no code."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not {"pickle", "joblib", "dill", "shelve"} & {n.split(".")[0] for n in imports(tree)}
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = {ast.unparse(f) for f in calls}
    assert not names & {"torch.load", "eval", "exec", "yaml.load"}


@pytest.mark.parametrize("file", [f for f in FILES if f.name != "__init__.py"], ids=str)
def test_a_module_says_what_it_is(file):
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), file


@pytest.mark.parametrize(
    "file",
    [
        f
        for d in ("objectives", "models", "metrics")
        for f in sorted(Path("pipeline", d).glob("[!_]*.py"))
    ],
    ids=str,
)
def test_a_formula_names_its_source(file):
    """The docstring of a formula holds the formula, indented, and a year."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert re.search(r"^    \S", text, re.M), "no formula"
    assert re.search(r"\b(1[89]|20)\d\d\b", text), "no year"


@pytest.mark.parametrize("file", sorted(Path("pipeline/objectives").glob("[!_]*.py")), ids=str)
def test_a_loss_works_on_logits_and_adds_no_epsilon(file):
    text = file.read_text(encoding="utf-8")
    code = ast.unparse(ast.parse(text))
    assert not re.search(
        r"sigmoid\([^)]*\)\.log|log\([^)]*sigmoid|softplus\(|\+ 1e-|BCELoss", code
    )


def test_torch_is_pinned_once():
    pins = re.findall(r"^torch==.*$", Path("constraints.txt").read_text(encoding="utf-8"), re.M)
    assert len(pins) == 1
    assert not re.search(r"^(nvidia|cuda|triton)", Path("constraints.txt").read_text(), re.M)


def test_every_experiment_has_its_stages():
    """dvc.yaml is written over `experiments`, so none is forgotten."""
    text = Path("dvc.yaml").read_text(encoding="utf-8")
    assert text.count("foreach: ${experiments}") == 2


def test_every_named_fault_can_still_be_made():
    """A mutant whose text is no longer in its file would test nothing."""
    for file, faults in NAMED.items():
        text = Path(file).read_text(encoding="utf-8")
        for name, stands, put in faults:
            assert stands in text, f"{file}: {name}"
            assert stands != put, f"{file}: {name}"
